/** Rounds of backups and their trials, on real databases. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drillBackups } from '../../activities/backing-up/drill.ts';
import { makeBackups } from '../../activities/backing-up/make-backups.ts';
import type { BackupDeps } from '../../activities/backing-up/make-backups.ts';
import { parseConfig } from '../../platform/config.ts';
import { listDrills } from '../../platform/records/backup-drills.ts';
import { beginBackup, listBackupRecords } from '../../platform/records/backups.ts';
import type { BackupRecord } from '../../platform/records/backups.ts';
import { openFolder } from '../../platform/storage/folder.ts';
import { inRole } from '../support/database.ts';
import { collection, email, key, mapOf } from '../data-map/fixtures.ts';
import { openLocatingFixture } from './locating/locating-fixture.ts';
import type { LocatingFixture } from './locating/locating-fixture.ts';
import { quietControl } from './packaging/packaging-fixture.ts';

let base: LocatingFixture;
let home: string;
let deps: BackupDeps;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'steward-rounds-'));
  base = await openLocatingFixture(mapOf(collection('contacts', [key('id'), email()])), 'SELECT 1');
  await base.file([{ type: 'email', value: 'jane.roe@example.test' }]);
});

afterAll(async () => {
  await base.close();
  await rm(home, { recursive: true });
});

beforeEach(async () => {
  await base.own.pool.query('TRUNCATE steward.backups CASCADE');
  await rm(join(home, 'storage'), { recursive: true, force: true });
  await mkdir(join(home, 'storage'));
  await base.own.pool.query('UPDATE keys.data_keys SET copied_at = NULL');
  deps = depsWith({});
});

function depsWith(backups: Readonly<Record<string, unknown>>): BackupDeps {
  const settings = {
    api: { publicUrl: 'http://127.0.0.1' },
    metrics: {},
    database: {
      ownerUrl: inRole(base.own.url, 'steward_owner'),
      appUrl: base.own.url,
      workerUrl: base.own.url,
      drillUrl: base.own.url,
    },
    sources: [
      { name: 'crm', kind: 'postgres', url: base.source.url, backupUrl: base.source.url },
      { name: 'other', kind: 'postgres', url: base.source.url },
    ],
    dataMap: ['unused'],
    storage: { kind: 'folder', path: join(home, 'storage') },
    temporal: { address: 'unused:1' },
    mail: { url: 'smtp://unused', from: 'a test' },
    keys: { file: 'unused' },
    // No program is there, whatever the machine has.
    backups: { programs: home, ...backups },
  };
  const config = parseConfig(settings, {}, 'a test');
  const { db, ring } = base.deps;
  return {
    ...{ db, ring, storage: openFolder(join(home, 'storage')) },
    ...{ sourceSettings: config.sources, database: config.database, backups: config.backups },
  };
}

const round = (missingOnly = false) => makeBackups(deps, missingOnly, quietControl());

async function records(): Promise<readonly BackupRecord[]> {
  const { rows } = await listBackupRecords(base.deps.db, { limit: 50, after: undefined });
  return rows;
}

async function audited(): Promise<readonly string[]> {
  const { rows } = await base.own.pool.query<{ action: string }>(
    "SELECT action FROM steward.audit_events WHERE action LIKE 'backup.%' ORDER BY at, seq",
  );
  return rows.map(({ action }) => action);
}

describe('a round of backups', () => {
  it('says of a source without a pg_dump that it is not backed up, and backs up the rest', async () => {
    expect(await round()).toEqual({ complete: 1, failed: 1, deleted: 0, overdue: 0 });
    expect(await records()).toMatchObject([
      { source: 'crm', way: 'pg_dump', status: 'failed', failure: 'no_pg_dump', manifest: null },
      { source: null, way: 'copy', status: 'complete', failure: null },
    ]);
    expect(await readdir(join(home, 'storage', 'backups'))).toEqual(['own']);
    expect((await audited()).slice(-2)).toEqual(['backup.completed', 'backup.failed']);
  });

  it('that is repeated makes what is missing alone', async () => {
    await round();
    expect(await round(true)).toMatchObject({ complete: 0, failed: 1 });
  });

  it('counts the databases that have had no backup for too long', async () => {
    await round();
    await base.own.pool.query("UPDATE steward.backups SET created_at = created_at - interval '49 hours'");
    expect(await round(true)).toMatchObject({ complete: 1, failed: 1, overdue: 1 });
  });

  it('deletes what has expired, every part, and keeps the record of it', async () => {
    await round();
    await base.own.pool.query("UPDATE steward.backups SET expires_at = now() WHERE status = 'complete'");
    const expired = (await records()).find(({ source }) => source === null);
    expect(await round()).toMatchObject({ deleted: 1 });
    const gone = (await records()).find(({ id }) => id === expired?.id);
    expect(gone).toMatchObject({ status: 'deleted', manifest: { backupId: expired?.id } });
    expect(gone?.deletedAt).toBeInstanceOf(Date);
    expect(await readdir(join(home, 'storage', expired?.prefix ?? '')).catch(() => [])).toEqual([]);
    expect(await audited()).toContain('backup.deleted');
  });

  it('keeps a backup no longer than the settings say', async () => {
    deps = depsWith({ expireDays: 3 });
    await round();
    const own = (await records()).find(({ source }) => source === null);
    const days = ((own?.expiresAt?.getTime() ?? 0) - (own?.startedAt.getTime() ?? 0)) / 86_400_000;
    expect(days).toBeGreaterThan(2.9);
    expect(days).toBeLessThan(3.1);
    expect(() => depsWith({ expireDays: 3, keepDays: 4 })).toThrow('keepDays');
  });

  it('makes none where there are to be none, which certificates state', async () => {
    deps = depsWith({ expireDays: 0 });
    expect(await round()).toEqual({ complete: 0, failed: 0, deleted: 0, overdue: 0 });
  });

  it('ends what a worker that died had begun', async () => {
    const { id } = await beginBackup(base.deps.db, null);
    await round();
    expect((await records()).find((each) => each.id === id)).toMatchObject({ status: 'failed', failure: 'unknown' });
  });

  it('takes over the backups that a restored database does not know, so that they expire too', async () => {
    await round();
    const own = (await records()).find(({ source }) => source === null);
    await base.own.pool.query('TRUNCATE steward.backups CASCADE');
    await round();
    expect((await records()).find(({ id }) => id === own?.id)).toMatchObject({
      status: 'complete',
      manifest: own?.manifest,
    });
  });
});

describe('a trial restore', { timeout: 240_000 }, () => {
  const drill = () => drillBackups(deps, quietControl());
  const newestDrill = async () => (await listDrills(base.deps.db, { limit: 1, after: undefined })).rows[0];
  const scratch = async () => {
    const { rows } = await base.own.pool.query("SELECT FROM pg_database WHERE datname LIKE 'steward\\_drill\\_%'");
    return rows.length;
  };

  it('finds every row and an unbroken audit log, and leaves no database behind', async () => {
    await round();
    const outcome = await drill();
    const done = await newestDrill();
    expect(done?.report.problems).toEqual([]);
    expect(outcome).toEqual({ passed: 1, failed: 0 });
    const own = (await records()).find(({ source }) => source === null);
    expect(done).toMatchObject({ result: 'passed', source: null, backupId: own?.id });
    expect(done?.report).toMatchObject({ rows: own?.manifest?.totals.rows, problems: [] });
    expect(done?.report.chains).toBeGreaterThan(0);
    expect(await scratch()).toBe(0);
  });

  it('that fails says why', async () => {
    await round();
    const own = (await records()).find(({ source }) => source === null);
    const file = join(home, 'storage', own?.prefix ?? '', 'holds.copy');
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, -1));
    expect(await drill()).toEqual({ passed: 0, failed: 1 });
    expect((await newestDrill())?.report.problems).toEqual(['seal-broken']);
    expect(await scratch()).toBe(0);
  });

  it('is not made of what was never backed up', async () => {
    expect(await drill()).toEqual({ passed: 0, failed: 0 });
  });
});
