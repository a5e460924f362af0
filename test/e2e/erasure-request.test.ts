import { randomUUID } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../cli/api-client.ts';
import { PROJECT } from '../../dev/home.ts';
import { ABSENT_EMAIL, CORRESPONDENT, LONE_EMAIL, SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { withAdmin } from '../support/administrator.ts';
import { changesBetween, countsOf, readCrm } from '../support/crm-rows.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';
import { approveAll, erasureRequest, fileRequest, inStatus, waitForRequest } from '../support/steward.ts';

let erasing: ErasingStack;
let first: ApiClient;
let adminUrl: string;

beforeAll(async () => {
  erasing = await startErasingStack();
  [first] = erasing.people;
  ({ adminUrl } = erasing.stack.settings);
});
afterAll(() => erasing.stop());
beforeEach(() => erasing.setCoolingOff(0));

const SEED = 1;
const emailOf = (index: number) => personAt(SEED, index).email;
const ENDED = ['completed', 'partially_completed', 'cancelled'];

async function file(email: string): Promise<string> {
  return (await fileRequest(first, erasureRequest([{ type: 'email', value: email }]))).id;
}

const waitFor = (id: string, ...statuses: readonly string[]) =>
  waitForRequest(first, id, inStatus(...statuses), 60_000);

/** Files it, has it approved by as many people as it needs, and waits for its end. */
async function erase(email: string) {
  const id = await file(email);
  const { status } = await waitFor(id, 'awaiting_approval', ...ENDED);
  if (status === 'awaiting_approval') await approveAll(erasing.people, id);
  return waitFor(id, ...ENDED);
}

/** What the ledger in the source says of a request's erasure, by table and action. */
async function ledgerOf(requestId: string): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const erasureIds = await withAdmin(adminUrl, 'steward', async (client) => {
    const { rows } = await client.query<{ id: string }>('SELECT id FROM steward.erasures WHERE request_id = $1', [
      requestId,
    ]);
    return rows.map(({ id }) => id);
  });
  return withAdmin(adminUrl, 'crm', async (client) => {
    const { rows } = await client.query<{ action: string; collection: string; rows: number }>(
      `SELECT action, collection, sum(rows)::int AS rows FROM steward.erasure_ledger
        WHERE erasure_id = ANY ($1) GROUP BY action, collection HAVING sum(rows) > 0`,
      [erasureIds],
    );
    const by: Record<string, Record<string, number>> = {};
    for (const { action, collection, rows: count } of rows)
      (by[action] ??= {})[collection.replace(/^crm\./, '')] = count;
    return by;
  });
}

const sum = (counts: Readonly<Record<string, number>> = {}) => Object.values(counts).reduce((all, n) => all + n, 0);

async function steward(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, STEWARD_HOME: erasing.home };
  const run = promisify(execFile)(process.execPath, ['cli/steward.ts', ...args], { cwd: PROJECT, env });
  return run.then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}

describe('the erasure of a person with contracts and invoices', () => {
  it('erases what nothing retains and nothing else, and proves it', async () => {
    const before = await readCrm(adminUrl);
    const id = await file(SHOWCASE_PERSON.email);
    await waitFor(id, 'awaiting_approval');
    const [, second] = erasing.people;
    const review = await first.get<{ generation: number; peopleNeeded: number }>(`/v1/requests/${id}/review`);
    expect(review.peopleNeeded).toBe(2);
    const { generation } = review;
    const approve = (person: ApiClient) =>
      person.post(`/v1/requests/${id}/review/approve`, { generation }, randomUUID());
    await approve(first);
    await expect(approve(first)).rejects.toMatchObject({ status: 409 });
    expect(changesBetween(before, await readCrm(adminUrl)).gone.size).toBe(0);
    await approve(second);

    const { status, outcome } = await waitFor(id, ...ENDED);
    expect([status, outcome]).toEqual(['partially_completed', 'partially_fulfilled']);
    const { gone, changed, added } = changesBetween(before, await readCrm(adminUrl));
    const ledger = await ledgerOf(id);
    expect(countsOf(gone)).toEqual(ledger['delete']);
    expect(sum(countsOf(changed))).toBe(sum(ledger['pseudonymise']) + sum(ledger['restrict']));
    expect(added.size).toBe(0);
    for (const table of ['contacts', 'leads', 'messages', 'notes', 'files', 'videos', 'consents'])
      expect(before.get(table)?.size, table).toBeGreaterThan(0);
    // What the law has kept: bills and what was signed.
    for (const table of ['invoices', 'payments', 'documents', 'document_signatures']) {
      expect(gone.has(table), table).toBe(false);
      expect((await readCrm(adminUrl)).get(table)?.size, table).toBe(before.get(table)?.size);
    }
    const leftOfHers = [...(await readCrm(adminUrl))]
      .filter(([, rows]) => [...rows.values()].some((row) => row.toLowerCase().includes('lindqvist')))
      .map(([table]) => table);
    expect(leftOfHers).not.toContain('messages');
  });
});
