/** Backups as Steward records them. They belong to no workspace; what happens to one stands in the audit log. */
import { randomUUID } from 'node:crypto';
import type { BackupFailure, BackupManifest, BackupStatus, BackupWay } from '../../domain/backups.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import { PLATFORM_CHAIN, STEWARD_ITSELF, appendAudit } from '../audit.ts';
import { prefixOf } from '../backups/sealed-parts.ts';
import type { Database, Transaction } from '../database.ts';
import { databaseOf, note } from './backup-audit.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface BackupRecord {
  readonly id: string;
  /** Null: Steward's own database. */
  readonly source: string | null;
  readonly way: BackupWay;
  readonly status: BackupStatus;
  readonly startedBy: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly deletedAt: Date | null;
  readonly failure: BackupFailure | null;
  readonly prefix: string;
  readonly manifest: BackupManifest | null;
}

interface BackupRow {
  readonly id: string;
  readonly source: string | null;
  readonly way: BackupWay;
  readonly status: BackupStatus;
  readonly started_by: string;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly expires_at: Date | null;
  readonly deleted_at: Date | null;
  readonly failure: BackupFailure | null;
  readonly storage_prefix: string;
  readonly manifest: BackupManifest | null;
}

export async function beginBackup(db: Database, source: string | null): Promise<{ id: string; prefix: string }> {
  const id = randomUUID();
  const prefix = prefixOf(source, id);
  await db.withPlatform((trx) =>
    trx('backups').insert({
      id,
      source,
      way: wayOf(source),
      status: 'running',
      started_by: STEWARD_ITSELF.id,
      created_at: new Date(),
      storage_prefix: prefix,
    }),
  );
  return { id, prefix };
}

export const wayOf = (source: string | null): BackupWay => (source === null ? 'copy' : 'pg_dump');

/** Throws Conflict when it was given up meanwhile. */
export async function completeBackup(db: Database, manifest: BackupManifest): Promise<void> {
  await db.withPlatform(async (trx) => {
    const changed = await trx('backups')
      .where({ id: manifest.backupId, status: 'running' })
      .update(completed(manifest));
    if (changed === 0) throw new Conflict(`The backup ${manifest.backupId} was given up.`);
    const { totals, way, source } = manifest;
    const details = { database: databaseOf(source), way, ...totals, expiresAt: manifest.expiresAt };
    await note(trx, 'backup.completed', manifest.backupId, details);
  });
}

const completed = (manifest: BackupManifest) => ({
  status: 'complete',
  finished_at: new Date(manifest.finishedAt),
  expires_at: new Date(manifest.expiresAt),
  manifest: JSON.stringify(manifest),
});

export async function failBackup(db: Database, id: string, failure: BackupFailure): Promise<void> {
  await db.withPlatform(async (trx) => {
    const [row] = await trx('backups')
      .where({ id, status: 'running' })
      .update({ status: 'failed', failure, finished_at: new Date() })
      .returning<{ source: string | null }[]>('source');
    if (row) await note(trx, 'backup.failed', id, { database: databaseOf(row.source), failure });
  });
}

export async function recordDeleted(db: Database, id: string): Promise<void> {
  await db.withPlatform(async (trx) => {
    const [row] = await trx('backups')
      .where({ id, status: 'complete' })
      .update({ status: 'deleted', deleted_at: new Date() })
      .returning<{ source: string | null }[]>('source');
    if (row) await note(trx, 'backup.deleted', id, { database: databaseOf(row.source) });
  });
}

/** One that the storage has and the database, which was restored from before it, does not. Answers false when it has it. */
export async function adoptBackup(db: Database, manifest: BackupManifest): Promise<boolean> {
  return db.withPlatform(async (trx) => {
    const { backupId: id, source } = manifest;
    const [adopted] = await trx('backups')
      .insert({
        ...completed(manifest),
        id,
        source,
        way: manifest.way,
        started_by: STEWARD_ITSELF.id,
        created_at: new Date(manifest.snapshotAt),
        storage_prefix: prefixOf(source, id),
      })
      .onConflict('id')
      .ignore()
      .returning<{ id: string }[]>('id');
    if (adopted) await note(trx, 'backup.adopted', id, { database: databaseOf(source) });
    return adopted !== undefined;
  });
}

export async function knownBackupIds(db: Database): Promise<ReadonlySet<string>> {
  const rows = await db.withPlatform((trx) => trx('backups').select<{ id: string }[]>('id'));
  return new Set(rows.map(({ id }) => id));
}

/** Of a status; those that have expired, when a time is given. The oldest first. */
export async function findBackups(
  db: Database,
  status: BackupStatus,
  expiredAt?: Date,
): Promise<readonly BackupRecord[]> {
  const rows = await db.withPlatform((trx) => {
    const query = trx('backups').where({ status }).orderBy('created_at').select<BackupRow[]>();
    return expiredAt ? query.where('expires_at', '<=', expiredAt) : query;
  });
  return rows.map(toRecord);
}

export async function newestComplete(db: Database, source: string | null): Promise<BackupRecord | undefined> {
  const row = await db.withPlatform((trx) => newest(trx, source, 'complete'));
  return row && toRecord(row);
}

function newest(trx: Transaction, source: string | null, status: BackupStatus): Promise<BackupRow | undefined> {
  return trx('backups').where({ source, status }).orderBy('created_at', 'desc').first<BackupRow | undefined>();
}

/** How a database stands: its newest whole backup, and a failure since then. */
export interface BackupStanding {
  readonly newest: BackupRecord | undefined;
  readonly failedSince: BackupRecord | undefined;
  /** When the first backup of any database was begun. */
  readonly since: Date | undefined;
}

export async function standingOf(db: Database, source: string | null): Promise<BackupStanding> {
  return db.withPlatform(async (trx) => {
    const [whole, failed] = [await newest(trx, source, 'complete'), await newest(trx, source, 'failed')];
    const first = await trx('backups').min<{ since: Date | null }[]>({ since: 'created_at' });
    const isLater = failed !== undefined && (whole === undefined || failed.created_at > whole.created_at);
    return {
      newest: whole && toRecord(whole),
      failedSince: isLater ? toRecord(failed) : undefined,
      since: first[0]?.since ?? undefined,
    };
  });
}

export async function listBackupRecords(db: Database, page: PageRequest): Promise<Page<BackupRecord>> {
  return db.withPlatform(async (trx) => {
    const { rows, last } = await readPage<BackupRow>(trx('backups').select('*'), 'backups', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** Throws NotFound. */
export async function readBackup(db: Database, id: string): Promise<BackupRecord> {
  const row = await db.withPlatform((trx) => trx('backups').where({ id }).first<BackupRow | undefined>());
  if (!row) throw new NotFound(`There is no backup ${id}.`);
  return toRecord(row);
}

/** In the platform's audit log: somebody asked for backups or a trial out of turn. */
export async function recordAsked(db: Database, principal: Principal, what: 'backup' | 'drill'): Promise<void> {
  await db.withPlatform((trx) =>
    appendAudit(trx, PLATFORM_CHAIN, {
      actor: principal,
      action: `${what === 'backup' ? 'backup' : 'backup.drill'}.asked`,
      subject: { kind: 'backup', id: 'backups' },
    }),
  );
}

function toRecord(row: BackupRow): BackupRecord {
  const { id, source, way, status, failure, manifest } = row;
  return {
    id,
    source,
    way,
    status,
    failure,
    manifest,
    startedBy: row.started_by,
    startedAt: row.created_at,
    finishedAt: row.finished_at,
    expiresAt: row.expires_at,
    deletedAt: row.deleted_at,
    prefix: row.storage_prefix,
  };
}
