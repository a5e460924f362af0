/**
 * A backup of a source by pg_dump, in its custom format, of one snapshot that we hold: the rows that the manifest counts are
 * the rows that are dumped.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { escapeIdentifier } from 'pg';
import type { Client } from 'pg';
import { BACKUP_FORMAT } from '../../domain/backups.ts';
import type { BackedUpTable, BackupManifest } from '../../domain/backups.ts';
import { SourceFailed } from '../../domain/errors.ts';
import { withConnection } from './connection.ts';
import { readServer } from './copy-own.ts';
import type { BackupWish } from './copy-own.ts';
import { findPrograms } from './programs.ts';
import { storePart } from './sealed-parts.ts';

export interface SourceWish extends BackupWish {
  readonly source: string;
  /** Of a role that may read everything. */
  readonly url: string;
  /** Where pg_dump is, when it is not where it usually is. */
  readonly programs: string | undefined;
}

const DUMP = 'source.dump';

const LEFT_OUT = [
  "Roles, and what else is the whole server's.",
  'The logs by which a moment between two backups is restored.',
];

/** Throws NoProgram; Unavailable; SourceFailed when pg_dump does, which a role that may not read everything makes it. */
export async function dumpSource(wish: SourceWish): Promise<BackupManifest> {
  return withConnection(
    wish.url,
    async (client) => {
      await client.query('SET row_security = off');
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { serverVersion, snapshotAt } = await readServer(client);
      const program = await findPrograms(Number.parseInt(serverVersion, 10), wish.programs);
      const tables = await countTables(client, wish.signal);
      const archive = await storeDump(wish, join(program.folder, 'pg_dump'), await exportSnapshot(client));
      await client.query('COMMIT');
      const { place, source } = wish;
      return {
        format: BACKUP_FORMAT,
        backupId: place.backupId,
        source,
        way: 'pg_dump',
        snapshotAt,
        finishedAt: new Date().toISOString(),
        expiresAt: wish.expiresAt.toISOString(),
        serverVersion,
        programVersion: program.version,
        migrations: [],
        tables,
        partitions: [],
        sequences: [],
        archive,
        keyId: place.keyId,
        leftOut: LEFT_OUT,
        totals: {
          tables: tables.length,
          rows: tables.reduce((sum, { rows }) => sum + rows, 0),
          bytes: archive.bytes,
          storedBytes: archive.storedBytes,
        },
      };
    },
    wish.signal,
  );
}

async function exportSnapshot(client: Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
  return rows[0]?.id ?? '';
}

/** Every table that has rows of its own, in the order of their names. */
async function countTables(client: Client, signal?: AbortSignal): Promise<readonly BackedUpTable[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  const tables: BackedUpTable[] = [];
  for (const { schema, name } of rows) {
    signal?.throwIfAborted();
    const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
    const counted = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ONLY ${table}`);
    tables.push({ table, rows: Number(counted.rows[0]?.rows), columns: [], object: null });
  }
  return tables;
}

async function storeDump({ place, source, url, signal }: SourceWish, program: string, snapshot: string) {
  // The archive's own compression is off: what is stored is compressed, once.
  const options = ['--format=custom', '--compress=0', '--no-password', `--snapshot=${snapshot}`];
  const child = spawn(program, options, {
    env: connectionEnvironment(url),
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  });
  const ended = endOf(child);
  const [stored, code] = await Promise.allSettled([storePart(place, DUMP, child.stdout), ended]);
  signal.throwIfAborted();
  if (code.status === 'rejected' || code.value !== 0) throw new SourceFailed(`pg_dump could not dump ${source}.`);
  if (stored.status === 'rejected') throw stored.reason;
  return stored.value;
}

/** Answers its exit code; what it writes to its standard error can quote a row, and is not read. */
export async function endOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

/** By its environment, for a process's arguments can be read by everybody on the machine. */
export function connectionEnvironment(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    PATH: process.env['PATH'],
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGCONNECT_TIMEOUT: '5',
    PGAPPNAME: 'steward-backup',
    ...(searchParams.has('sslmode') ? { PGSSLMODE: searchParams.get('sslmode') ?? '' } : {}),
    ...(searchParams.has('sslrootcert') ? { PGSSLROOTCERT: searchParams.get('sslrootcert') ?? '' } : {}),
  };
}
