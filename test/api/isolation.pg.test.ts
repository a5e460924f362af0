import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';
import { ONE_OFF, accessRequest } from './filing.ts';
import { plannedErasure } from './planned.ts';
import { inRole } from '../support/database.ts';

let api: TestApi;
let client: Client;
beforeAll(async () => {
  api = await openTestApi();
  const { token } = await api.makeKey({ workspaceId: api.otherWorkspaceId });
  for (const key of [api.key, token]) {
    await api.call('POST', '/v1/requests', { key, body: accessRequest({ instruction: ONE_OFF }) });
    await decideOnErasure(key);
  }
  client = new Client(inRole(api.database.url, 'steward_app'));
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await api.close();
});

/** So that there is something of both workspaces in the tables of a review. */
async function decideOnErasure(key: string): Promise<void> {
  const { requestId, generation } = await plannedErasure(api, undefined, key);
  const path = `/v1/requests/${requestId}/review`;
  await api.call('POST', `${path}/approve`, { key, body: { generation } });
  const body = { kind: 'keep', ground: 'leads-default', reason: 'A dispute.' };
  await api.call('POST', `${path}/decisions`, { key, body });
}

/** The processor's edition of the schedule, for all workspaces. */
const OF_NO_WORKSPACE = ['steward.retention_schedules', 'steward.retention_rules'];

/** Every table that the role can read. */
async function readableTables(): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
      WHERE table_schema IN ('steward', 'keys') AND table_type = 'BASE TABLE'
        AND has_table_privilege(format('%I.%I', table_schema, table_name), 'SELECT')`,
  );
  return rows.map(({ name }) => name).filter((name) => !OF_NO_WORKSPACE.includes(name));
}

/** Of a table that belongs to no workspace, one null for all that is seen of it. */
async function workspacesSeen(table: string): Promise<readonly (string | null)[]> {
  const column = table === 'steward.workspaces' ? 'id' : (await isOfWorkspaces(table)) ? 'workspace_id' : 'NULL::uuid';
  const { rows } = await client.query<{ seen: string | null }>(`SELECT DISTINCT ${column} AS seen FROM ${table}`);
  return rows.map(({ seen }) => seen);
}

async function isOfWorkspaces(table: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'workspace_id'`,
    [table],
  );
  return rowCount === 1;
}

describe("a connection in the API's role", () => {
  it('sees nothing while it has named no workspace', async () => {
    const tables = await readableTables();
    expect(tables.length).toBeGreaterThan(15);
    for (const table of tables) expect(await workspacesSeen(table), table).toEqual([]);
  });

  it('sees the one workspace that it has named, in every table', async () => {
    await client.query('BEGIN');
    await client.query(`SELECT set_config('steward.workspace', $1, true)`, [api.workspaceId]);
    const seen = new Map<string, readonly (string | null)[]>();
    for (const table of await readableTables()) seen.set(table, await workspacesSeen(table));
    await client.query('ROLLBACK');
    for (const table of ['requests', 'erasures', 'decisions', 'decision_approvals', 'erasure_overrides'])
      expect(seen.get(`steward.${table}`), table).toEqual([api.workspaceId]);
    for (const [table, workspaces] of seen) expect([[], [api.workspaceId]], table).toContainEqual(workspaces);
  });

  it('sees nothing again when the transaction is over and the connection is used once more', async () => {
    expect(await workspacesSeen('steward.requests')).toEqual([]);
  });

  it('cannot write into another workspace than the one it has named, nor change what was written into the log', async () => {
    await client.query('BEGIN');
    await client.query(`SELECT set_config('steward.workspace', $1, true)`, [api.workspaceId]);
    await client.query('SAVEPOINT before');
    const forged = client.query(
      `INSERT INTO steward.request_events (workspace_id, request_id, kind)
       VALUES ($1, '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10', 'forged')`,
      [api.otherWorkspaceId],
    );
    await expect(forged).rejects.toMatchObject({ code: '42501' });
    await client.query('ROLLBACK TO before');
    await expect(client.query('DELETE FROM steward.audit_events')).rejects.toMatchObject({ code: '42501' });
    await client.query('ROLLBACK');
  });
});
