/** What a database of an earlier version goes through when the newer one is installed. */
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, migrateFolder } from '../../platform/migrate.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const MIGRATIONS = 'migrations';
/** The last migration of version 0.1.0. */
const LAST_OF_0_1 = '0004';

/** Its statements are transactions of their own, so it can stop between two of them. */
const WITHOUT_TRANSACTION = '0005-finding-and-release.ts';

const WORKSPACE = '11111111-1111-4111-8111-111111111111';
const REQUEST = '22222222-2222-4222-8222-222222222222';

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});

afterEach(() => database.drop());

async function bringToVersion01(url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-migrations-'));
  try {
    const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.ts') && name.slice(0, 4) <= LAST_OF_0_1);
    for (const name of names) await copyFile(join(MIGRATIONS, name), join(folder, name));
    await migrateFolder(url, folder, 'steward_migrations');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** One request under way, of the kind that every column of the older version could hold. */
async function fillAsVersion01(): Promise<void> {
  await database.pool.query(`
    INSERT INTO steward.workspaces (id, name, contact_email) VALUES ('${WORKSPACE}', 'Older', 'desk@example.com');
    INSERT INTO steward.principals (id, workspace_id, party, kind, label)
      VALUES ('${REQUEST}', '${WORKSPACE}', 'controller', 'person', 'Desk');
    INSERT INTO keys.data_keys (id, workspace_id, wrapped, wrapping_key_id) VALUES ('${REQUEST}', '${WORKSPACE}', 'k', 'key');
    INSERT INTO steward.requests (id, workspace_id, type, regime, regime_source, status, received_by_controller_at,
        received_by_us_at, legal_due_at, contractual_due_at, filed_by, data_key_id, body_digest)
      VALUES ('${REQUEST}', '${WORKSPACE}', 'access', 'gdpr', 'controller', 'packaging', now(), now(), now(), now(),
        '${REQUEST}', '${REQUEST}', 'd');
    INSERT INTO steward.request_identities (workspace_id, request_id, ordinal, type, sealed_value, blind_index)
      VALUES ('${WORKSPACE}', '${REQUEST}', 0, 'email', 's', 'b');
    INSERT INTO steward.match_records (workspace_id, request_id, subject_id, source, collection, row_key, confidence)
      VALUES ('${WORKSPACE}', '${REQUEST}', '${REQUEST}', 'crm', 'crm.contacts', '{"id": 1}', 'probable');
    INSERT INTO steward.packages (id, workspace_id, request_id, storage_key, status, data_key_id, map_version, signing_key_id,
        manifest_sha256, sha256, bytes, rows, files, missing_files, expires_at)
      VALUES ('${REQUEST}', '${WORKSPACE}', '${REQUEST}', 'k', 'ready', '${REQUEST}', 'v', 's', 'm', 's', 1, 1, 1, 0, now());
    INSERT INTO steward.outbox (workspace_id, request_id, message) VALUES ('${WORKSPACE}', '${REQUEST}', 'start');
  `);
}

describe('an upgrade from version 0.1.0', () => {
  it('keeps a request that is under way, with what it meant before', async () => {
    await bringToVersion01(database.url);
    await fillAsVersion01();
    const done = await migrate(database.url);
    expect(done[0]).toMatch(/^0005/);
    const { rows } = await database.pool.query(
      `SELECT r.status, r.combine, r.release, i.format, m.review FROM steward.requests r
         JOIN steward.request_identities i ON i.request_id = r.id JOIN steward.match_records m ON m.request_id = r.id`,
    );
    expect(rows).toEqual([{ status: 'packaging', combine: 'any', release: 'immediate', format: 'raw', review: null }]);
  });

  it('leaves every constraint checked and every index usable', async () => {
    await bringToVersion01(database.url);
    await fillAsVersion01();
    await migrate(database.url);
    const { rows } = await database.pool.query(
      `SELECT conname AS name FROM pg_constraint WHERE NOT convalidated
        UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`,
    );
    expect(rows).toEqual([]);
  });

  it('runs a migration without a transaction again when it stopped half way', async () => {
    await bringToVersion01(database.url);
    await migrate(database.url);
    // As if the process had died after the last statement and before the migration was written down as done.
    await database.pool.query(`DELETE FROM public.steward_migrations WHERE name = $1`, [WITHOUT_TRANSACTION]);
    expect(await migrate(database.url)).toEqual([WITHOUT_TRANSACTION]);
  });
});
