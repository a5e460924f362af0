/** The retention review on the real stack: started, told of approvals, with its report, and requests that go on by it. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { PROJECT } from '../../dev/home.ts';
import { SHOWCASE_PERSON, WORKSPACES } from '../../dev/sample-crm/people.ts';
import { withAdmin } from '../support/administrator.ts';
import { changesBetween, countsOf, readCrm } from '../support/crm-rows.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';
import { approveAll, erasureRequest, fileRequest, inStatus, waitForRequest } from '../support/steward.ts';

let erasing: ErasingStack;
let first: ApiClient;
let second: ApiClient;
let admin: ApiClient;
let adminUrl: string;

beforeAll(async () => {
  erasing = await startErasingStack();
  [first, second] = erasing.people;
  ({ adminUrl } = erasing.stack.settings);
  const { endpoints } = erasing.stack;
  admin = new ApiClient({ baseUrl: endpoints.api, apiKey: (await readFile(endpoints.adminKeyFile, 'utf8')).trim() });
  await erasing.setCoolingOff(0);
});
afterAll(() => erasing.stop());

const { workspaceId } = SHOWCASE_PERSON;

interface ReviewView {
  readonly id: string;
  readonly finishedAt: string | null;
  readonly counts: { readonly due: number; readonly erased: number; readonly waiting: number } | null;
  readonly errors: number | null;
}
interface ProposalView {
  readonly id: string;
  readonly recordClass: string;
  readonly state: string;
  readonly revision: number;
  readonly rows: number;
  readonly approvalsNeeded: number;
}

const steward = async (...args: readonly string[]) => {
  const env = { ...process.env, STEWARD_HOME: erasing.home, STEWARD_WORKSPACE: workspaceId };
  return (await promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { cwd: PROJECT, env })).stdout;
};

const reviews = async (client: ApiClient = first) =>
  (await client.get<{ items: readonly ReviewView[] }>('/v1/retention/reviews')).items;

/** Waits for one that began after those that are known, and has ended. */
async function nextReview(known: readonly ReviewView[]): Promise<ReviewView> {
  const fresh = async () =>
    (await reviews()).find(({ id, finishedAt }) => finishedAt !== null && known.every((each) => each.id !== id));
  await expect.poll(fresh, { timeout: 60_000, interval: 200 }).toBeDefined();
  const found = await fresh();
  if (found === undefined) throw new Error('It was there.');
  return found;
}

async function reviewed(): Promise<ReviewView> {
  const known = await reviews();
  await steward('retention', 'run');
  return nextReview(known);
}

const proposals = async (state: string) =>
  (await first.get<{ items: readonly ProposalView[] }>(`/v1/retention/proposals?state=${state}`)).items;

/** So that something of these classes is surely due. */
async function age(): Promise<void> {
  await withAdmin(adminUrl, 'crm', async (client) => {
    await client.query(
      `UPDATE app.leads SET created_at = '2015-03-01' WHERE id = (SELECT min(id) FROM app.leads WHERE workspace_id = $1)`,
      [workspaceId],
    );
    await client.query(
      `UPDATE app.recipient_events SET at = '2015-03-01' WHERE id IN (
         SELECT id FROM app.recipient_events WHERE workspace_id = $1 ORDER BY id LIMIT 3)`,
      [workspaceId],
    );
  });
}

describe('the retention review', () => {
  it('proposes what is due, and erases what is automatic as soon as the controller has instructed so', async () => {
    await age();
    const before = await readCrm(adminUrl);
    const asked = await reviewed();
    expect(asked).toMatchObject({ errors: 0, counts: { erased: 0 } });
    expect(asked.counts?.waiting).toBeGreaterThanOrEqual(4);
    expect(changesBetween(before, await readCrm(adminUrl)).gone.size).toBe(0);
    await first.post('/v1/instructions', {
      source: 'terms',
      requestTypes: ['retention_disposal'],
      attestation: { text: 'Erase what the schedule keeps no longer.', attestedBy: 'Privacy desk' },
    });
    const carried = await reviewed();
    expect(carried.errors).toBe(0);
    const { gone, changed, added } = changesBetween(before, await readCrm(adminUrl));
    const rows = Object.values(countsOf(gone)).reduce((sum, each) => sum + each, 0);
    expect(carried.counts?.erased).toBe(rows);
    expect(gone.get('recipient_events')?.length).toBeGreaterThanOrEqual(3);
    expect(gone.get('leads')).toBeUndefined();
    expect([changed.size, added.size]).toEqual([0, 0]);
    // Nothing of anybody else's.
    const rest = [...gone.values()].flat().map((row) => (JSON.parse(row) as { workspace_id: string }).workspace_id);
    expect(new Set(rest)).toEqual(new Set([workspaceId]));
  });

  it('leaves a report that the command line saves and verifies, until it is changed', async () => {
    const [newest] = await reviews();
    const file = join(erasing.home, 'report.json');
    await steward('retention', 'report', newest?.id ?? '', '--file', file);
    expect(await steward('verify', file)).toContain('verifies');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('retention-report/1', 'retention-report/2'));
    await expect(steward('verify', file)).rejects.toMatchObject({ stdout: expect.stringContaining('does NOT verify') });
    const { months } = JSON.parse(await steward('retention', 'forecast')) as { months: readonly object[] };
    expect(months.length).toBeGreaterThan(0);
  });

  it('erases a proposal at once when enough people have approved it', async () => {
    const before = await readCrm(adminUrl);
    const leads = (await proposals('waiting')).find(({ recordClass }) => recordClass === 'lead_record');
    if (leads === undefined) throw new Error('The leads are proposed.');
    const body = { revision: leads.revision };
    for (const person of [first, second].slice(0, leads.approvalsNeeded))
      await person.post(`/v1/retention/proposals/${leads.id}/approve`, body, randomUUID());
    const state = async () => (await first.get<ProposalView>(`/v1/retention/proposals/${leads.id}`)).state;
    await expect.poll(state, { timeout: 60_000 }).toBe('carried_out');
    const { gone } = changesBetween(before, await readCrm(adminUrl));
    expect(countsOf(gone)).toEqual({ leads: leads.rows });
  });

  it('goes through all workspaces by its schedule', async () => {
    const other = WORKSPACES.find(({ id }) => id !== workspaceId)?.id ?? '';
    const client = new ApiClient({
      baseUrl: erasing.stack.endpoints.api,
      apiKey: (await readFile(erasing.stack.endpoints.adminKeyFile, 'utf8')).trim(),
      workspaceId: other,
    });
    expect(await reviews(client)).toEqual([]);
    await admin.post('/v1/retention/reviews', undefined);
    const ended = async () => (await reviews(client)).filter(({ finishedAt }) => finishedAt !== null).length;
    await expect.poll(ended, { timeout: 60_000 }).toBe(1);
  });
});

describe('a request that was answered in part', () => {
  it('goes on in a run of its own when its day has come, and is answered again', async () => {
    const { id } = await fileRequest(first, erasureRequest([{ type: 'email', value: SHOWCASE_PERSON.email }]));
    const until = (...statuses: readonly string[]) => waitForRequest(first, id, inStatus(...statuses), 60_000);
    await until('awaiting_approval');
    await approveAll(erasing.people, id);
    await until('partially_completed');
    await withAdmin(adminUrl, 'steward', async (client) => {
      await client.query("UPDATE steward.erasures SET review_at = now() - interval '1 hour' WHERE request_id = $1", [
        id,
      ]);
    });
    await reviewed();
    // What has changed since the first answer, if anything, is asked about again.
    const answers = async () => {
      const { status } = await first.get<{ status: string }>(`/v1/requests/${id}`);
      if (status === 'awaiting_approval') await approveAll(erasing.people, id);
      return withAdmin(adminUrl, 'steward', async (client) => {
        const { rows } = await client.query<{ ordinal: number }>(
          'SELECT ordinal FROM steward.erasures WHERE request_id = $1 AND closed_at IS NOT NULL ORDER BY ordinal',
          [id],
        );
        return rows.map(({ ordinal }) => ordinal);
      });
    };
    await expect.poll(answers, { timeout: 60_000 }).toEqual([1, 2]);
    await until('partially_completed');
  });
});
