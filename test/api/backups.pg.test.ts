import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import { saveDrill } from '../../platform/records/backup-drills.ts';
import { beginBackup, completeBackup, failBackup } from '../../platform/records/backups.ts';
import { finishRestore, openRestore } from '../../platform/records/restores.ts';
import { openTestApi } from './api-fixture.ts';
import type { TestApi } from './api-fixture.ts';

let api: TestApi;
let worker: Database;
let backupId: string;

beforeAll(async () => {
  api = await openTestApi();
  worker = openDatabase(api.deps.config.database.workerUrl);
  const { id } = await beginBackup(worker, null);
  backupId = id;
  const now = new Date().toISOString();
  await completeBackup(worker, {
    ...{ format: 'steward-backup/1', backupId: id, source: null, way: 'copy', keyId: 'wrapping-1' },
    ...{ snapshotAt: now, finishedAt: now, expiresAt: now, serverVersion: '18.4', programVersion: null },
    ...{ migrations: [], tables: [], partitions: [], sequences: [], archive: null, leftOut: ['Data keys.'] },
    totals: { tables: 2, rows: 9, bytes: 400, storedBytes: 300 },
  });
  const failed = await beginBackup(worker, 'crm');
  await failBackup(worker, failed.id, 'no_pg_dump');
  const report = { tables: 2, rows: 9, chains: 1, problems: [] };
  const at = new Date();
  await saveDrill(worker, {
    id: randomUUID(),
    backupId,
    source: null,
    startedAt: at,
    finishedAt: at,
    result: 'passed',
    report,
  });
});

afterAll(async () => {
  await worker.close();
  await api.close();
});

const asAdmin = (method: string, path: string) => api.call(method, path, { key: api.adminKey });

describe('backups in the API', () => {
  it('are listed and shown with how they were made', async () => {
    const { status, body } = await asAdmin('GET', '/v1/backups');
    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { database: 'crm', way: 'pg_dump', status: 'failed', failure: 'no_pg_dump', totals: null },
      { database: 'steward', way: 'copy', status: 'complete', failure: null, totals: { rows: 9 } },
    ]);
    const one = await asAdmin('GET', `/v1/backups/${backupId}`);
    expect(one.body).toMatchObject({ id: backupId, manifest: { leftOut: ['Data keys.'] } });
    expect((await asAdmin('GET', `/v1/backups/${randomUUID()}`)).status).toBe(404);
  });

  it('say of every database whether it is backed up, and why not', async () => {
    const { body } = await asAdmin('GET', '/v1/backups/coverage');
    expect(body.items).toMatchObject([
      { database: 'steward', reason: 'not_configured', overdue: false },
      { database: 'crm', backedUp: false, reason: 'not_opted_in', failedSince: { failure: 'no_pg_dump' } },
    ]);
  });

  it('and trials are begun out of turn, which is in the audit log', async () => {
    expect((await asAdmin('POST', '/v1/backups')).status).toBe(202);
    expect((await asAdmin('POST', '/v1/backups/drills')).status).toBe(202);
    expect(api.temporal.signals.slice(-2)).toEqual(['backup', 'backupDrill']);
    const { rows } = await api.database.pool.query<{ action: string }>(
      "SELECT action FROM steward.audit_events WHERE action LIKE '%asked' ORDER BY seq",
    );
    expect(rows.map(({ action }) => action)).toEqual(['backup.asked', 'backup.drill.asked']);
    expect((await asAdmin('GET', '/v1/backups/drills')).body.items).toMatchObject([{ result: 'passed', rows: 9 }]);
  });

  it('are no business of a workspace', async () => {
    for (const path of ['/v1/backups', '/v1/backups/coverage', '/v1/backups/drills', `/v1/backups/${backupId}`])
      expect((await api.call('GET', path)).status, path).toBe(403);
  });
});

describe('the API of a database that was restored', () => {
  it('is closed until the journal is replayed, and says why', async () => {
    const restore = await openRestore(worker, null, { first: 1, last: 1 });
    const ready = async () => (await asAdmin('GET', '/readyz')).body['checks'];
    const answer = async () => (await asAdmin('GET', '/v1/backups')).status;
    expect(await ready()).toMatchObject({ journal: 'restored' });
    await expect.poll(answer, { timeout: 20_000 }).toBe(503);
    expect((await asAdmin('GET', '/healthz')).status).toBe(200);
    const { status, body } = await asAdmin('GET', '/readyz');
    expect(status).toBe(503);
    expect(body.status).toBe('unavailable');
    await finishRestore(worker, { ...restore, lastNumber: 0 }, { entries: 0, erasures: 0 });
    await expect.poll(answer, { timeout: 20_000 }).toBe(200);
    expect(await ready()).toMatchObject({ journal: 'ok' });
  });
});
