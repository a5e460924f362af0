/**
 * A logical backup of Steward's own database, by COPY of every table within one REPEATABLE READ snapshot. It needs no program
 * beside the server, whatever its version, and leaves out what must not come back.
 */
import { addAbortSignal } from 'node:stream';
import type { Client } from 'pg';
import { BACKUP_FORMAT } from '../../domain/backups.ts';
import type { BackedUpTable, BackupManifest } from '../../domain/backups.ts';
import { copyRows } from '../copy-rows.ts';
import { withConnection } from './connection.ts';
import {
  LEFT_OUT_OF_COPIES,
  columnList,
  ownTable,
  readMigrations,
  readOwnTables,
  readPartitions,
  readSequences,
} from './own-schema.ts';
import type { OwnTable } from './own-schema.ts';
import { storePart } from './sealed-parts.ts';
import type { BackupPlace } from './sealed-parts.ts';

export interface BackupWish {
  readonly place: BackupPlace;
  readonly expiresAt: Date;
  readonly signal: AbortSignal;
}

/**
 * As a role that sees every row; one that does not is refused by the server, so that a part is never taken for the whole.
 * Throws Unavailable and DatabaseFailure.
 */
export async function copyOwnDatabase(url: string, wish: BackupWish): Promise<BackupManifest> {
  const { signal, place, expiresAt } = wish;
  return withConnection(
    url,
    async (client) => {
      await client.query('SET row_security = off');
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const { serverVersion, snapshotAt } = await readServer(client);
      const migrations = await readMigrations(client);
      const partitions = await readPartitions(client);
      const tables: BackedUpTable[] = [];
      for (const table of await readOwnTables(client)) tables.push(await copyTable(client, wish, table));
      await client.query('COMMIT');
      return {
        format: BACKUP_FORMAT,
        backupId: place.backupId,
        source: null,
        way: 'copy',
        snapshotAt,
        finishedAt: new Date().toISOString(),
        expiresAt: expiresAt.toISOString(),
        serverVersion,
        programVersion: null,
        migrations,
        tables,
        partitions,
        sequences: await readSequences(client),
        archive: null,
        keyId: place.keyId,
        leftOut: LEFT_OUT_OF_COPIES,
        totals: totalsOf(tables),
      };
    },
    signal,
  );
}

/** The first statement of a transaction, which takes its snapshot. */
export async function readServer(client: Client): Promise<{ serverVersion: string; snapshotAt: string }> {
  const { rows } = await client.query<{ version: string; at: Date }>(
    "SELECT current_setting('server_version') AS version, clock_timestamp() AS at",
  );
  const [row] = rows;
  if (row === undefined) throw new TypeError('A server has a version.');
  return { serverVersion: row.version, snapshotAt: row.at.toISOString() };
}

async function copyTable(client: Client, { place, signal }: BackupWish, table: OwnTable): Promise<BackedUpTable> {
  signal.throwIfAborted();
  const copied = copyRows(client, `COPY (SELECT ${columnList(table.columns)} FROM ${ownTable(table.name)}) TO STDOUT`);
  const object = await storePart(place, `${table.name}.copy`, addAbortSignal(signal, copied.rows));
  return { table: `steward.${table.name}`, rows: await copied.count(), columns: table.columns, object };
}

function totalsOf(tables: readonly BackedUpTable[]): BackupManifest['totals'] {
  const sum = (pick: (table: BackedUpTable) => number): number => tables.reduce((all, each) => all + pick(each), 0);
  return {
    tables: tables.length,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ object }) => object?.bytes ?? 0),
    storedBytes: sum(({ object }) => object?.storedBytes ?? 0),
  };
}
