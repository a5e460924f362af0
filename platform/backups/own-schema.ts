/** What of Steward's own schema a backup has to know: its tables, partitions, sequences and migrations, as they are live. */
import type { Client } from 'pg';
import { escapeIdentifier } from 'pg';
import type { BackupManifest } from '../../domain/backups.ts';
import { MIGRATIONS_TABLE } from '../migrate.ts';

const OWN_SCHEMA = 'steward';

/** People sign in again; a session that was ended must not come back. */
const LEFT_OUT_TABLES = ['sessions'];

/** In the manifest, for whoever has to know what is not there. */
export const LEFT_OUT_OF_COPIES = [
  'Data keys (the schema keys): wrapped copies lie in the object storage outside backups, and go when a key is destroyed.',
  'The key ring: keep it apart, for without it nothing of this opens.',
  'Sessions of people who had signed in.',
  'The schema: restoring makes it by the migrations named here.',
] as const;

export interface OwnTable {
  /** Without its schema. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** Partitions are in the tables that they are parts of. */
export async function readOwnTables(client: Client): Promise<readonly OwnTable[]> {
  const { rows } = await client.query<OwnTable>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND NOT c.relname = ANY ($2)
      GROUP BY c.relname ORDER BY c.relname`,
    [OWN_SCHEMA, LEFT_OUT_TABLES],
  );
  return rows;
}

export async function readPartitions(client: Client): Promise<BackupManifest['partitions']> {
  const { rows } = await client.query<BackupManifest['partitions'][number]>(
    `SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
      WHERE c.relnamespace = $1::regnamespace AND c.relispartition AND c.relkind = 'r' ORDER BY c.relname`,
    [OWN_SCHEMA],
  );
  return rows;
}

/** To be read after the tables: a sequence knows no snapshot, and may only be ahead of them. */
export async function readSequences(client: Client): Promise<BackupManifest['sequences']> {
  const { rows } = await client.query<BackupManifest['sequences'][number]>(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
      WHERE schemaname = $1 AND last_value IS NOT NULL ORDER BY sequencename`,
    [OWN_SCHEMA],
  );
  return rows;
}

export async function readMigrations(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM public.${escapeIdentifier(MIGRATIONS_TABLE)} ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

export const ownTable = (name: string): string => `${OWN_SCHEMA}.${escapeIdentifier(name)}`;

export const columnList = (columns: readonly string[]): string =>
  columns.map((name) => escapeIdentifier(name)).join(', ');
