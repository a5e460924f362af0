/** Steward's database and the product's are restored from before an erasure, by the command line, and the stack is started. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../cli/api-client.ts';
import { PROJECT } from '../../dev/home.ts';
import { SHOWCASE_PERSON, personAt } from '../../dev/sample-crm/people.ts';
import { inDatabase } from '../../platform/backups/connection.ts';
import { withAdmin } from '../support/administrator.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';
import { approveAll, erasureRequest, fileRequest, inStatus, waitForRequest } from '../support/steward.ts';

let erasing: ErasingStack;
let admin: ApiClient;

beforeAll(async () => {
  erasing = await startErasingStack(20);
  await erasing.setCoolingOff(0);
  const { api, adminKeyFile } = erasing.stack.endpoints;
  admin = new ApiClient({ baseUrl: api, apiKey: (await readFile(adminKeyFile, 'utf8')).trim() });
});

afterAll(() => erasing.stop());

const PATIENCE = { timeout: 120_000, interval: 200 };
const ENDED = ['completed', 'partially_completed'];
const { email } = personAt(1, 5);

interface Covered {
  readonly database: string;
  readonly newest: { readonly id: string } | null;
  readonly reason: string | null;
}

const coverage = async () => (await admin.get<{ items: readonly Covered[] }>('/v1/backups/coverage')).items;

/** As PostgreSQL's administrator, outside of every database that is worked on. */
async function asAdmin(...statements: readonly string[]): Promise<void> {
  const client = new Client(inDatabase(erasing.stack.settings.adminUrl, 'postgres'));
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

const count = (database: 'steward' | 'crm', text: string, values: readonly unknown[] = []): Promise<number> =>
  withAdmin(erasing.stack.settings.adminUrl, database, async (client) => {
    const { rows } = await client.query<{ count: string }>(text, [...values]);
    return Number(rows[0]?.count);
  });

const contacts = () => count('crm', 'SELECT count(*) FROM app.contacts WHERE email = $1', [email]);
const unwritten = () => count('steward', 'SELECT count(*) FROM steward.journal_notes');

async function caughtMails(): Promise<number> {
  const mails = (await (await fetch(`${erasing.stack.endpoints.mail.web}/messages`)).json()) as readonly unknown[];
  return mails.length;
}

async function stop(): Promise<void> {
  for (const name of ['worker', 'api']) await erasing.stack.children.stop(name);
}

async function start(): Promise<void> {
  const { children } = erasing.stack;
  await Promise.all([children.restartStopped('api'), children.restartStopped('worker')]);
}

/** A file copy of the product's database, as a physical backup is one. */
async function backUp(): Promise<void> {
  await admin.post('/v1/backups', undefined);
  await expect.poll(async () => (await coverage())[0]?.newest ?? null, PATIENCE).not.toBeNull();
  await stop();
  await asAdmin('CREATE DATABASE crm_copy TEMPLATE crm OWNER crm_owner');
  await start();
}

async function restore(): Promise<void> {
  await stop();
  await asAdmin('CREATE DATABASE steward_empty OWNER steward_owner');
  const env = {
    ...process.env,
    STEWARD_HOME: erasing.home,
    STEWARD_RESTORE_URL: inDatabase(erasing.stack.settings.databases.steward_owner, 'steward_empty'),
  };
  const restored = await promisify(execFile)(process.execPath, ['cli/steward.ts', 'backup', 'restore'], {
    cwd: PROJECT,
    env,
  });
  expect(restored.stdout).toContain('it replays its journal first');
  await asAdmin(
    'ALTER DATABASE steward RENAME TO steward_lost',
    'ALTER DATABASE steward_empty RENAME TO steward',
    'ALTER DATABASE crm RENAME TO crm_lost',
    'ALTER DATABASE crm_copy RENAME TO crm',
    'GRANT CONNECT, TEMPORARY ON DATABASE crm TO crm_reader, crm_eraser',
  );
}

describe('older backups of both databases', { timeout: 600_000 }, () => {
  it('bring nobody back who was erased since, and nothing is done twice', async () => {
    const [first] = erasing.people;
    await backUp();
    expect((await coverage()).find(({ database }) => database === 'crm')?.reason).toBe('not_opted_in');
    expect(await contacts()).toBe(1);

    const { id } = await fileRequest(first, erasureRequest([{ type: 'email', value: email }]));
    await waitForRequest(first, id, inStatus('awaiting_approval'), 120_000);
    await approveAll(erasing.people, id);
    const { status } = await waitForRequest(first, id, inStatus(...ENDED), 120_000);
    const hold = await first.post<{ id: string }>(
      '/v1/holds',
      {
        scope: { subject: [{ type: 'email', value: SHOWCASE_PERSON.email }] },
        matter: 'A case',
        authority: 'Counsel',
        purpose: 'legal',
      },
      randomUUID(),
    );
    const effective = async () => (await first.get<{ state: string }>(`/v1/holds/${hold.id}`)).state;
    await expect.poll(effective, PATIENCE).toBe('effective');
    await expect.poll(unwritten, PATIENCE).toBe(0);
    expect(await contacts()).toBe(0);
    const mails = await caughtMails();

    await restore();
    expect(await contacts()).toBe(1);
    expect(await count('steward', 'SELECT count(*) FROM steward.requests WHERE id = $1', [id])).toBe(0);
    await start();

    expect(await contacts()).toBe(0);
    expect((await waitForRequest(first, id, inStatus(status))).status).toBe(status);
    expect(await effective()).toBe('effective');
    const { items } = await first.get<{ items: readonly { readonly id: string; readonly kind: string }[] }>(
      `/v1/requests/${id}/certificates`,
    );
    const supplement = items.find(({ kind }) => kind === 'supplement');
    const path = `/v1/requests/${id}/certificate?id=${supplement?.id}`;
    const certificate = await first.get<{ kind: string; replay?: { source: string } }>(path);
    expect(certificate).toMatchObject({
      kind: 'supplement',
      replay: { source: 'crm' },
      verification: { result: 'passed' },
    });
    expect(await caughtMails()).toBe(mails);

    await stop();
    await start();
    expect(await count('steward', 'SELECT count(*) FROM steward.replays')).toBe(1);
    expect(await count('steward', 'SELECT count(*) FROM steward.restores WHERE finished_at IS NULL')).toBe(0);
  });
});
