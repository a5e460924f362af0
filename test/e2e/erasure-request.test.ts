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
import { expectProven, readLedger, sumOf } from '../support/erasure-outcome.ts';
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
/** Ordinary people of the sample, each of whom one test erases. */
const OF_OTHER_TESTS = [5, 6, 7, 8, 9];
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

/** What the API's certificate says, for the controller. */
interface Certificate {
  readonly certificateId: string;
  readonly result: string;
  readonly totals: { readonly erased: number; readonly pseudonymised: number; readonly objects: number };
  readonly counts: readonly { readonly collection: string; readonly erased: number }[];
  readonly retained: { readonly items: readonly { readonly recordClass: string; readonly rows: number }[] };
  readonly verification: { readonly result: string } | null;
}

const certificateOf = (id: string) => first.get<Certificate>(`/v1/requests/${id}/certificate`);

async function mediaFiles(): Promise<readonly string[]> {
  const entries = await readdir(join(erasing.home, 'crm-media'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** The names of the person's files by the rows that hold them. */
const keysIn = (rows: readonly string[] = []): readonly string[] =>
  rows.flatMap((row) =>
    Object.entries(JSON.parse(row) as Record<string, unknown>)
      .filter(([column]) => column.endsWith('_key'))
      .map(([, key]) => String(key).replace(/^.*\//, '')),
  );

describe('the erasure of a person with contracts and invoices', () => {
  it('erases what nothing retains and nothing else, and proves it', async () => {
    const before = await readCrm(adminUrl);
    const id = await file(SHOWCASE_PERSON.email);
    await waitFor(id, 'awaiting_approval');
    expect(changesBetween(before, await readCrm(adminUrl)).gone.size).toBe(0);
    await approveAll(erasing.people, id);

    const { status, outcome } = await waitFor(id, ...ENDED);
    expect([status, outcome]).toEqual(['partially_completed', 'partially_fulfilled']);
    const after = await readCrm(adminUrl);
    const { gone, changed, added } = changesBetween(before, after);
    const ledger = await readLedger(adminUrl, [id]);
    expect(countsOf(gone)).toEqual(ledger['delete']);
    expect(sumOf(countsOf(changed))).toBeGreaterThan(0);
    expect(sumOf(countsOf(changed))).toBeLessThanOrEqual(sumOf(ledger['pseudonymise']) + sumOf(ledger['restrict']));
    expect(added.size).toBe(0);
    for (const table of ['leads', 'messages', 'notes', 'files', 'tasks'])
      expect(gone.get(table)?.length ?? 0, table).toBeGreaterThan(0);
    // What the law has kept: bills, and what was signed.
    for (const table of ['invoices', 'invoice_lines', 'payments', 'documents', 'document_signatures'])
      expect(after.get(table)?.size, table).toBe(before.get(table)?.size);
    // No row of anybody else's was touched.
    const isHers = (row: string) => !row.includes(CORRESPONDENT.marker);
    expect(
      [...gone.values(), ...[...changed.values()].map((pairs) => pairs.map(([was]) => was))].flat().every(isHers),
    ).toBe(true);

    const names = await mediaFiles();
    const goneKeys = ['files', 'reports'].flatMap((table) => keysIn(gone.get(table)));
    expect(goneKeys.length).toBeGreaterThan(0);
    expect(goneKeys.filter((key) => names.includes(key))).toEqual([]);
    for (const key of keysIn([...(after.get('documents')?.values() ?? [])])) expect(names).toContain(key);

    const certificate = await certificateOf(id);
    expect(certificate).toMatchObject({ result: 'partially_erased', verification: { result: 'passed' } });
    expect(certificate.totals.erased).toBe(sumOf(ledger['delete']));
    expect(certificate.totals.pseudonymised).toBe(sumOf(ledger['pseudonymise']));
    expect(certificate.totals.objects).toBeGreaterThanOrEqual(goneKeys.length);
    expect(certificate.retained.items.map(({ recordClass }) => recordClass)).toEqual(
      expect.arrayContaining(['billing_record', 'signed_document']),
    );
  });

  it('has a certificate that the command line fetches and verifies, until a byte of it is changed', async () => {
    const { items } = await first.get<{ items: { id: string; status: string }[] }>('/v1/requests?type=erasure');
    const id = items.find(({ status }) => status === 'partially_completed')?.id ?? '';
    const archive = join(erasing.home, 'certificate.zip');
    const at = ['--workspace', SHOWCASE_PERSON.workspaceId];
    expect((await steward('certificate', 'fetch', id, '--file', archive, ...at)).code).toBe(0);
    const verified = await steward('verify', archive);
    expect(verified).toMatchObject({ code: 0, output: expect.stringContaining('verifies') });
    const bytes = await readFile(archive);
    const place = bytes.indexOf('"erased"');
    bytes.write('"Erased"', place);
    await writeFile(archive, bytes);
    expect((await steward('verify', archive)).code).toBe(1);
  });

  it('leaves nothing of the person in Temporal, in a log or in a mail', async () => {
    const files = (await readdir(erasing.home)).filter((name) => /^temporal\.db(-wal)?$/.test(name));
    const logs = (await readdir(join(erasing.home, 'logs'))).map((name) => join('logs', name));
    const mails = (await readdir(join(erasing.home, 'mail'))).map((name) => join('mail', name));
    expect(mails.length).toBeGreaterThan(0);
    for (const name of [...files, ...logs, ...mails]) {
      const bytes = (await readFile(join(erasing.home, name))).toString('latin1').toLowerCase();
      for (const trace of SHOWCASE_PERSON.traces) expect(bytes.includes(trace.toLowerCase()), name).toBe(false);
    }
  });
});

describe('the erasure of a person who has signed', () => {
  /** Of whom nothing is left that was signed, so that the class says by itself what it needs. */
  const signersEmail = () =>
    withAdmin(adminUrl, 'crm', async (client) => {
      const { rows } = await client.query<{ email: string }>(
        `SELECT c.email FROM app.signers s JOIN app.contacts c ON c.id = s.contact_id
          WHERE c.workspace_id = $1 AND c.email <> ALL ($2)
            AND NOT EXISTS (SELECT FROM app.document_signatures d WHERE d.signer_id = s.id)
          ORDER BY c.id LIMIT 1`,
        [SHOWCASE_PERSON.workspaceId, OF_OTHER_TESTS.map(emailOf)],
      );
      return rows[0]?.email ?? '';
    });

  it('needs the words of two people, and one cannot say both', async () => {
    const before = await readCrm(adminUrl);
    const id = await file(await signersEmail());
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
    await waitFor(id, ...ENDED);
    await expectProven(adminUrl, before, [id]);
  });
});

describe('a person of whom little or nothing is held', () => {
  it('is erased wholly when nothing retains anything', async () => {
    const before = await readCrm(adminUrl);
    const { id, status, outcome } = await erase(LONE_EMAIL);
    expect([status, outcome]).toEqual(['completed', 'fulfilled']);
    const { gone } = changesBetween(before, await readCrm(adminUrl));
    expect(countsOf(gone)).toEqual((await readLedger(adminUrl, [id]))['delete']);
    expect(gone.get('contacts')).toHaveLength(1);
    expect((await certificateOf(id)).result).toBe('erased');
  });

  it('is answered that there is no data, with a certificate, when there is none', async () => {
    const { id, outcome } = await erase(ABSENT_EMAIL);
    expect(outcome).toBe('no_data');
    expect((await certificateOf(id)).result).toBe('nothing_found');
  });
});

/** Keeps others from this person's contact, as a transaction of the product's that takes its time. */
async function whileContactIsLocked<T>(email: string, work: (letGo: () => Promise<void>) => Promise<T>): Promise<T> {
  return withAdmin(adminUrl, 'crm', async (client) => {
    await client.query('BEGIN');
    const { rowCount } = await client.query('SELECT FROM app.contacts WHERE email = $1 FOR UPDATE', [email]);
    expect(rowCount).toBe(1);
    return work(async () => void (await client.query('COMMIT')));
  });
}

/** Somebody waits for the lock of another, in the sample CRM. */
const someoneWaits = async (): Promise<boolean> =>
  withAdmin(adminUrl, 'crm', async (client) => {
    const { rows } = await client.query<{ waiting: boolean }>(
      `SELECT count(*) > 0 AS waiting FROM pg_stat_activity
        WHERE datname = 'crm' AND wait_event_type = 'Lock' AND application_name = 'steward'`,
    );
    return rows[0]?.waiting === true;
  });

describe('an erasure in the midst of which', () => {
  it.each([
    { name: 'worker', index: 6, strike: () => erasing.stack.children.kill('worker', 'SIGKILL') },
    { name: 'postgres', index: 7, strike: () => erasing.stack.children.stop('postgres') },
    { name: 'temporal', index: 8, strike: () => erasing.stack.children.stop('temporal') },
  ])(
    'the $name goes away ends right when it is back',
    async ({ name, index, strike }) => {
      const email = emailOf(index);
      const before = await readCrm(adminUrl);
      const id = await file(email);
      await waitFor(id, 'awaiting_approval');
      await whileContactIsLocked(email, async (letGo) => {
        await approveAll(erasing.people, id);
        await expect.poll(someoneWaits, { timeout: 30_000 }).toBe(true);
        await strike();
        await letGo().catch(() => undefined);
      }).catch((error: unknown) => {
        if (name !== 'postgres') throw error;
      });
      await erasing.stack.children.restartStopped(name);
      const { outcome } = await waitForRequest(first, id, inStatus(...ENDED), 150_000);
      expect(['fulfilled', 'partially_fulfilled']).toContain(outcome);
      await expectProven(adminUrl, before, [id]);
    },
    240_000,
  );
});

describe('an erasure that is approved and cools off', () => {
  it('is planned again by a hold, and erases nothing of what that holds', async () => {
    await erasing.setCoolingOff(3);
    const email = emailOf(9);
    const before = await readCrm(adminUrl);
    const id = await file(email);
    await waitFor(id, 'awaiting_approval');
    await approveAll(erasing.people, id);
    await waitFor(id, 'cooling_off');
    const hold = {
      scope: { subject: [{ type: 'email', value: email }] },
      matter: 'Lindholm v. Harbor & Pine',
      authority: 'Superior Court',
      purpose: 'legal',
    };
    await first.post('/v1/holds', hold, randomUUID());
    const { outcome } = await waitFor(id, ...ENDED);
    expect(outcome).toBe('partially_fulfilled');
    const { gone } = changesBetween(before, await readCrm(adminUrl));
    expect(gone.size).toBe(0);
    expect((await certificateOf(id)).result).toBe('nothing_erased');
  });

  it('leaves everything as it was when it is cancelled', async () => {
    await erasing.setCoolingOff(3);
    const before = await readCrm(adminUrl);
    const id = await file(emailOf(5));
    await waitFor(id, 'awaiting_approval');
    await approveAll(erasing.people, id);
    await waitFor(id, 'cooling_off');
    await first.post(`/v1/requests/${id}/cancel`, {}, randomUUID());
    expect((await waitFor(id, ...ENDED)).outcome).toBe('withdrawn');
    expect(changesBetween(before, await readCrm(adminUrl))).toEqual({
      gone: new Map(),
      changed: new Map(),
      added: new Map(),
    });
  });
});
