import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../domain/parties.ts';
import { openDatabase } from '../../platform/database.ts';
import { readTenantKeys, saveMapCheck } from '../../platform/records/map-checks.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';

let api: TestApi;

const FINDING = {
  code: 'table-unmapped',
  gravity: 'error',
  source: 'crm',
  table: 'app.secrets',
  text: 'The table is not in the map.',
} as const;

beforeAll(async () => {
  api = await openTestApi();
  const worker = openDatabase(api.deps.config.database.workerUrl);
  const check = { mapVersion: 'f00', tables: 2, columns: 9 };
  await saveMapCheck(worker, {
    ...check,
    findings: [FINDING, { ...FINDING, code: 'rows-hidden', gravity: 'warning' }],
  });
  await saveMapCheck(worker, { ...check, findings: [] });
  await worker.close();
});

afterAll(() => api.close());

const asAdmin = (method: string, path: string) => api.call(method, path, { key: api.adminKey });

describe('the data map of the API', () => {
  it('is shown to whoever has the scope, and to nobody else', async () => {
    const { status, body } = await api.call('GET', '/v1/data-map');
    expect(status).toBe(200);
    expect(body['version']).toBe('a test');
    const { token } = await api.makeKey({ scopes: SCOPES.filter((scope) => scope === 'requests:read') });
    expect((await api.call('GET', '/v1/data-map', { key: token })).status).toBe(403);
  });

  it('lists checks newest first, a page at a time, and shows the findings of one', async () => {
    const newest = await asAdmin('GET', '/v1/data-map/checks?limit=1');
    expect(newest.body.items).toMatchObject([{ errors: 0, warnings: 0, tables: 2, columns: 9, mapVersion: 'f00' }]);
    const older = await asAdmin('GET', `/v1/data-map/checks?limit=1&cursor=${newest.body.next}`);
    expect(older.body.items).toMatchObject([{ errors: 1, warnings: 1 }]);
    const [item] = older.body.items;
    const { body } = await asAdmin('GET', `/v1/data-map/checks/${item?.id}`);
    expect(body['findings']).toMatchObject([FINDING, { code: 'rows-hidden' }]);
    expect((await asAdmin('GET', '/v1/data-map/checks/00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });

  it('starts a check out of turn, and says who did', async () => {
    expect((await asAdmin('POST', '/v1/data-map/checks')).status).toBe(202);
    expect(api.temporal.signals).toContain('check the data map');
    const { rows } = await api.database.pool.query(
      "SELECT action FROM steward.audit_events WHERE action LIKE 'data_map%' ORDER BY seq",
    );
    expect(rows.map(({ action }) => action)).toEqual(['data_map.checked', 'data_map.checked', 'data_map.check_asked']);
  });

  it("keeps checks from keys of a workspace, for they tell of the processor's databases", async () => {
    for (const [method, path] of [
      ['GET', '/v1/data-map/checks'],
      ['POST', '/v1/data-map/checks'],
    ] as const)
      expect((await api.call(method, path)).status).toBe(403);
  });

  it('answers 503 while Temporal is away, and then no check is said to have been asked for', async () => {
    api.temporal.reach = 'away';
    expect((await asAdmin('POST', '/v1/data-map/checks')).status).toBe(503);
    api.temporal.reach = 'there';
    const { rows } = await api.database.pool.query(
      "SELECT count(*)::int AS asked FROM steward.audit_events WHERE action = 'data_map.check_asked'",
    );
    expect(rows).toEqual([{ asked: 1 }]);
  });
});

describe('the records of checks', () => {
  it('belong to no workspace: from inside one nothing is seen of them', async () => {
    const seen = await api.deps.db.withTenant(api.workspaceId, (trx) => trx('map_checks').select('id'));
    expect(seen).toEqual([]);
  });

  it("know the keys of all workspaces in a source, for the worker's role", async () => {
    await api.database.pool.query("INSERT INTO steward.workspace_sources VALUES ($1, 'erp', '17')", [api.workspaceId]);
    const worker = openDatabase(api.deps.config.database.workerUrl);
    expect((await readTenantKeys(worker)).get('erp')).toEqual(['17']);
    await worker.close();
  });
});
