/** Steward's own database, backed up by COPY and restored into an empty one. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BackupManifest } from '../../../domain/backups.ts';
import { appendAudit, STEWARD_ITSELF } from '../../../platform/audit.ts';
import { checkChains } from '../../../platform/backups/audit-chains.ts';
import { copyOwnDatabase } from '../../../platform/backups/copy-own.ts';
import { copyDataKeys } from '../../../platform/backups/key-copies.ts';
import { deleteBackup, listBackups, readManifest, storeManifest } from '../../../platform/backups/manifest.ts';
import { restoreOwnDatabase } from '../../../platform/backups/restore-own.ts';
import { prefixOf } from '../../../platform/backups/sealed-parts.ts';
import type { BackupPlace } from '../../../platform/backups/sealed-parts.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { collection, email, key, mapOf } from '../../data-map/fixtures.ts';
import { openLocatingFixture } from '../../activities/locating/locating-fixture.ts';
import type { LocatingFixture } from '../../activities/locating/locating-fixture.ts';
import { inRole, testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const EMAIL = 'jane.roe@example.test';

let base: LocatingFixture;
let home: string;
let owner: string;
const restored: TestDatabase[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'steward-backup-'));
  await mkdir(join(home, 'storage'));
  base = await openLocatingFixture(mapOf(collection('contacts', [key('id'), email()])), 'SELECT 1');
  owner = inRole(base.own.url, 'steward_owner');
  await base.file([{ type: 'email', value: EMAIL }]);
  // More than ten, for numbers sort otherwise than their texts.
  for (let events = 0; events < 12; events += 1) await append(base.deps.db);
});

const append = (db: Database): Promise<void> =>
  db.withTenant(base.caller.workspaceId, (trx) =>
    appendAudit(trx, base.caller.workspaceId, {
      actor: STEWARD_ITSELF,
      action: 'a test',
      subject: { kind: 'test', id: '1' },
    }),
  );

afterEach(async () => {
  for (const each of restored.splice(0)) await each.drop();
});

afterAll(async () => {
  await base.close();
  await rm(home, { recursive: true });
});

const storage = () => openFolder(join(home, 'storage'));
const never = new AbortController().signal;

async function backUp(): Promise<{ place: BackupPlace; manifest: BackupManifest }> {
  const backupId = randomUUID();
  const keyId = base.deps.ring.current('wrapping').id;
  const place = { storage: storage(), ring: base.deps.ring, backupId, prefix: prefixOf(null, backupId), keyId };
  await copyDataKeys(base.deps.db, place.storage);
  const manifest = await copyOwnDatabase(owner, { place, expiresAt: new Date(Date.now() + 86_400_000), signal: never });
  await storeManifest(place.storage, base.deps.ring, manifest);
  return { place, manifest };
}

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  restored.push(database);
  await database.pool.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} OWNER TO steward_owner`);
  return database;
}

/** A database is made and migrated for each: on a busy machine that takes its time. */
const PATIENCE = { timeout: 240_000 };

describe('a backup of our own database', PATIENCE, () => {
  it('comes back whole in an empty database, its keys from their copies and its audit log unbroken', async () => {
    const { place, manifest } = await backUp();
    const target = await emptyDatabase();
    await restoreOwnDatabase(inRole(target.url, 'steward_owner'), place, manifest);
    for (const { table, rows } of manifest.tables) {
      const { rows: counted } = await target.pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
      expect(`${table} ${counted[0]?.count ?? ''}`).toBe(`${table} ${rows}`);
    }
    expect(manifest.totals.rows).toBeGreaterThan(5);
    const keys = 'SELECT workspace_id, id, wrapped, wrapping_key_id FROM keys.data_keys ORDER BY id';
    expect((await target.pool.query(keys)).rows).toEqual((await base.own.pool.query(keys)).rows);
    const chains = await checkChains(target.url);
    expect(chains.broken).toEqual([]);
    expect(chains.chains).toBeGreaterThan(0);
    const requests = 'SELECT * FROM steward.requests ORDER BY id';
    expect((await target.pool.query(requests)).rows).toEqual((await base.own.pool.query(requests)).rows);
  });

  it('has foreign keys and sequences that hold after the restore', async () => {
    const { place, manifest } = await backUp();
    const target = await emptyDatabase();
    await restoreOwnDatabase(inRole(target.url, 'steward_owner'), place, manifest);
    const constraints = `SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
      WHERE connamespace = 'steward'::regnamespace ORDER BY 1, 2`;
    expect((await target.pool.query(constraints)).rows).toEqual((await base.own.pool.query(constraints)).rows);
    const db: Database = openDatabase(inRole(target.url, 'steward_worker'));
    const { workspaceId } = base.caller;
    await append(db);
    const { rows } = await target.pool.query<{ id: string }>('SELECT max(id) AS id FROM steward.request_events');
    await db.withTenant(workspaceId, (trx) =>
      trx.raw(
        `INSERT INTO request_events (workspace_id, request_id, kind) SELECT workspace_id, id, 'a test' FROM requests LIMIT 1`,
      ),
    );
    const after = await target.pool.query<{ id: string }>('SELECT max(id) AS id FROM steward.request_events');
    expect(Number(after.rows[0]?.id)).toBeGreaterThan(Number(rows[0]?.id ?? 0));
    await db.close();
  });

  it('does not bring back a data key that was destroyed since', async () => {
    const ref = await base.file([{ type: 'email', value: EMAIL }]);
    const { place, manifest } = await backUp();
    const destroy = `UPDATE keys.data_keys SET wrapped = NULL, destroyed_at = now()
      WHERE id = (SELECT data_key_id FROM steward.requests WHERE id = $1)`;
    await base.own.pool.query(destroy, [ref.requestId]);
    expect(await copyDataKeys(base.deps.db, storage())).toEqual({ copied: 0, removed: 1 });
    const target = await emptyDatabase();
    await restoreOwnDatabase(inRole(target.url, 'steward_owner'), place, manifest);
    const { rows } = await target.pool.query<{ wrapped: Buffer | null }>(
      'SELECT wrapped FROM keys.data_keys WHERE id = (SELECT data_key_id FROM steward.requests WHERE id = $1)',
      [ref.requestId],
    );
    expect(rows).toEqual([{ wrapped: null }]);
  });

  it('is sealed, and says openly what is in it without a value of a row', async () => {
    const { place, manifest } = await backUp();
    const folder = join(home, 'storage', place.prefix);
    for (const name of await readdir(folder)) {
      const bytes = await readFile(join(folder, name));
      expect(bytes.includes(EMAIL) || bytes.includes(base.caller.workspaceId), name).toBe(false);
    }
    expect(manifest.tables.map(({ table }) => table)).not.toContain('keys.data_keys');
    expect(await readManifest(storage(), base.deps.ring, place.prefix)).toEqual(manifest);
  });

  it('is refused when a part of it was altered, and leaves no row behind', async () => {
    const { place, manifest } = await backUp();
    const file = join(home, 'storage', place.prefix, 'requests.copy');
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(file, bytes);
    const target = await emptyDatabase();
    await expect(restoreOwnDatabase(inRole(target.url, 'steward_owner'), place, manifest)).rejects.toMatchObject({
      name: 'seal-broken',
    });
    expect((await target.pool.query('SELECT FROM steward.workspaces')).rows).toEqual([]);
  });

  it('is not restored over what is there, nor by a version that does not know its schema', async () => {
    const { place, manifest } = await backUp();
    await expect(restoreOwnDatabase(owner, place, manifest)).rejects.toMatchObject({ name: 'conflict' });
    const later = { ...manifest, migrations: [...manifest.migrations, '9999-of-another-time.ts'] };
    const target = await emptyDatabase();
    await expect(restoreOwnDatabase(inRole(target.url, 'steward_owner'), place, later)).rejects.toMatchObject({
      name: 'invalid-configuration',
    });
  });

  it('is not made as a role that does not see every row', async () => {
    const backupId = randomUUID();
    const keyId = base.deps.ring.current('wrapping').id;
    const place = { storage: storage(), ring: base.deps.ring, backupId, prefix: prefixOf(null, backupId), keyId };
    const wish = { place, expiresAt: new Date(), signal: never };
    await expect(copyOwnDatabase(inRole(base.own.url, 'steward_worker'), wish)).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('is gone with every part once it is deleted', async () => {
    const { place } = await backUp();
    await deleteBackup(storage(), place.prefix);
    const left: string[] = [];
    for await (const prefix of listBackups(storage())) left.push(prefix);
    expect(left).not.toContain(place.prefix);
    expect(await readdir(join(home, 'storage', place.prefix)).catch(() => [])).toEqual([]);
  });
});

describe('the audit log of a restored database', PATIENCE, () => {
  it('is broken where an event was altered, left out at its end, or taken out of its middle', async () => {
    const { place, manifest } = await backUp();
    const { url, pool } = await emptyDatabase();
    await restoreOwnDatabase(inRole(url, 'steward_owner'), place, manifest);
    await pool.query('CREATE TABLE kept AS SELECT * FROM steward.audit_events');
    for (const damage of [
      "UPDATE steward.audit_events SET action = 'other' WHERE seq = 1",
      'DELETE FROM steward.audit_events e WHERE seq = (SELECT max(seq) FROM steward.audit_events WHERE workspace_id = e.workspace_id)',
      'DELETE FROM steward.audit_events WHERE seq = 2',
    ]) {
      await pool.query(damage);
      expect((await checkChains(url)).broken, damage).toContain(base.caller.workspaceId);
      await pool.query('TRUNCATE steward.audit_events');
      await pool.query('INSERT INTO steward.audit_events SELECT * FROM kept');
    }
    expect((await checkChains(url)).broken).toEqual([]);
  });
});
