/**
 * Restores a backup by COPY into an empty database: the schema by the migrations of its time, then every table in one
 * transaction. Foreign keys are taken off for that time and put on again at its end, which checks every one of them.
 */
import type { Client } from 'pg';
import { escapeIdentifier } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BackedUpTable, BackupManifest } from '../../domain/backups.ts';
import { Conflict, SealBroken } from '../../domain/errors.ts';
import { migrateTo } from '../migrate.ts';
import { withConnection } from './connection.ts';
import { readKeyCopies } from './key-copies.ts';
import type { KeyCopy } from './key-copies.ts';
import { columnList, ownTable, readOwnTables } from './own-schema.ts';
import { restorePart } from './sealed-parts.ts';
import type { BackupPlace } from './sealed-parts.ts';

/**
 * `url` is the owner's. Data keys come from their copies in the storage; those that are gone from there were destroyed, and
 * stay so. Throws Conflict when the database is not empty, InvalidConfiguration when the backup is of a later version,
 * SealBroken when it is not what its manifest says; then nothing is in the tables.
 */
export async function restoreOwnDatabase(
  url: string,
  place: BackupPlace,
  manifest: BackupManifest,
  signal?: AbortSignal,
): Promise<void> {
  await withConnection(url, requireEmpty, signal);
  await migrateTo(url, manifest.migrations);
  await withConnection(
    url,
    async (client) => {
      await client.query('BEGIN');
      await client.query("SET LOCAL steward.replaying = 'on'");
      await makePartitions(client, manifest);
      const foreignKeys = await takeOffForeignKeys(client);
      const tables = await readOwnTables(client);
      await client.query(`TRUNCATE ${tables.map(({ name }) => ownTable(name)).join(', ')}`);
      for (const table of manifest.tables) await fillTable(client, place, table);
      await insertKeys(client, readKeyCopies(place.storage));
      await insertDestroyedKeys(client);
      for (const { table, name, definition } of foreignKeys)
        await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${escapeIdentifier(name)} ${definition}`);
      await setSequences(client, manifest);
      await client.query('COMMIT');
      await client.query('ANALYZE');
    },
    signal,
  );
}

async function requireEmpty(client: Client): Promise<void> {
  const { rows } = await client.query("SELECT FROM pg_namespace WHERE nspname IN ('steward', 'keys')");
  if (rows.length > 0)
    throw new Conflict('The database has a schema of Steward already. Restore into an empty database, then take that.');
}

/** A month that had its own partition gets it again, before the rows of it would go to the default one. */
async function makePartitions(client: Client, { partitions }: BackupManifest): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'steward'::regnamespace",
  );
  const there = new Set(rows.map(({ name }) => name));
  for (const { name, parent, bound } of partitions.filter((each) => !there.has(each.name)))
    await client.query(`CREATE TABLE ${ownTable(name)} PARTITION OF ${ownTable(parent)} ${bound}`);
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

async function takeOffForeignKeys(client: Client): Promise<readonly ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
       FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'steward'::regnamespace`,
  );
  for (const { table, name } of rows)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${escapeIdentifier(name)}`);
  return rows;
}

async function fillTable(client: Client, place: BackupPlace, { table, columns, object, rows }: BackedUpTable) {
  if (object === null) throw new SealBroken(`The backup has no rows of ${table}.`);
  const name = table.slice(table.indexOf('.') + 1);
  const target = client.query(copyFrom(`COPY ${ownTable(name)} (${columnList(columns)}) FROM STDIN`));
  await restorePart(place, object, target);
  if (target.rowCount !== rows)
    throw new SealBroken(`The backup has ${target.rowCount} rows of ${table}, and its manifest says ${rows}.`);
}

const BATCH = 500;

async function insertKeys(client: Client, copies: AsyncIterable<KeyCopy>): Promise<void> {
  let batch: KeyCopy[] = [];
  const insert = async (): Promise<void> => {
    await client.query(
      `INSERT INTO keys.data_keys (workspace_id, id, wrapped, wrapping_key_id, created_at, copied_at)
       SELECT workspace_id, id, decode(wrapped, 'base64'), key_id, created_at, now()
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
              AS copies(workspace_id, id, wrapped, key_id, created_at)`,
      [
        batch.map(({ workspaceId }) => workspaceId),
        batch.map(({ id }) => id),
        batch.map(({ wrapped }) => wrapped),
        batch.map(({ wrappingKeyId }) => wrappingKeyId),
        batch.map(({ createdAt }) => createdAt),
      ],
    );
    batch = [];
  };
  for await (const copy of copies) {
    batch.push(copy);
    if (batch.length === BATCH) await insert();
  }
  await insert();
}

/** What refers to a key of which there is no copy refers to one that was destroyed. */
async function insertDestroyedKeys(client: Client): Promise<void> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT DISTINCT c.oid::regclass::text AS table FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'steward'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attname = 'data_key_id' AND NOT a.attisdropped`,
  );
  for (const { table } of rows)
    await client.query(
      `INSERT INTO keys.data_keys (workspace_id, id, wrapping_key_id, destroyed_at)
       SELECT DISTINCT workspace_id, data_key_id, 'destroyed', now() FROM ${table} WHERE data_key_id IS NOT NULL
       ON CONFLICT DO NOTHING`,
    );
}

async function setSequences(client: Client, { sequences }: BackupManifest): Promise<void> {
  for (const { name, value } of sequences)
    await client.query('SELECT setval($1::regclass, $2::bigint)', [ownTable(name), value]);
}
