/** One round of backups: of every database that is to be backed up, and the end of those whose time is over. */
import { OWN_DATABASE, isOverdue } from '../../domain/backups.ts';
import type { BackupFailure, BackupManifest, BackupsMade } from '../../domain/backups.ts';
import { SourceFailed, Unavailable } from '../../domain/errors.ts';
import { copyOwnDatabase } from '../../platform/backups/copy-own.ts';
import { dumpSource } from '../../platform/backups/dump-source.ts';
import { copyDataKeys } from '../../platform/backups/key-copies.ts';
import { deleteBackup, listBackups, readManifest, storeManifest } from '../../platform/backups/manifest.ts';
import { NoProgram } from '../../platform/backups/programs.ts';
import { keepDaysOf } from '../../platform/config.ts';
import type { Config, SourceSettings } from '../../platform/config.ts';
import { DatabaseFailure } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import {
  adoptBackup,
  beginBackup,
  completeBackup,
  failBackup,
  findBackups,
  knownBackupIds,
  newestComplete,
  recordDeleted,
  standingOf,
} from '../../platform/records/backups.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { Control } from '../packaging/control.ts';
import { backupTargets } from './targets.ts';
import type { BackupTarget } from './targets.ts';

export interface BackupDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly storage: ObjectStorage;
  readonly sourceSettings: readonly SourceSettings[];
  readonly database: Config['database'];
  readonly backups: Config['backups'];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * One database's failure does not stop the others; it is recorded and counted. `missingOnly` leaves out what has a backup of
 * this round already, for when a round is repeated. Throws Unavailable while our own database or the storage is away.
 */
export async function makeBackups(deps: BackupDeps, missingOnly: boolean, control: Control): Promise<BackupsMade> {
  const made = { complete: 0, failed: 0, deleted: 0, overdue: 0 };
  const stopBeating = control.beat(() => made);
  try {
    await giveUpBroken(deps);
    await adopt(deps);
    await copyDataKeys(deps.db, deps.storage);
    const targets = backupTargets(deps, deps.sourceSettings);
    for (const target of targets) {
      if (missingOnly && (await isFresh(deps, target))) continue;
      made[(await makeBackup(deps, target, control.signal)) ? 'complete' : 'failed'] += 1;
    }
    made.deleted = await deleteExpired(deps, control.signal);
    for (const target of targets) if (await isBehind(deps, target)) made.overdue += 1;
    return { ...made };
  } finally {
    stopBeating();
  }
}

/** What a worker that died left behind: there is one round at a time. */
async function giveUpBroken({ db, storage }: BackupDeps): Promise<void> {
  for (const { id, prefix } of await findBackups(db, 'running')) {
    await deleteBackup(storage, prefix);
    await failBackup(db, id, 'unknown');
  }
}

/** A database that was restored does not know the backups made since; they would never be deleted. */
async function adopt({ db, ring, storage }: BackupDeps): Promise<void> {
  const known = await knownBackupIds(db);
  for await (const prefix of listBackups(storage)) {
    if (!known.has(prefix.split('/').at(-1) ?? '')) await adoptBackup(db, await readManifest(storage, ring, prefix));
  }
}

async function isFresh({ db, backups }: BackupDeps, { source }: BackupTarget): Promise<boolean> {
  const newest = await newestComplete(db, source);
  return newest !== undefined && Date.now() - newest.startedAt.getTime() < (backups.everyHours * HOUR_MS) / 2;
}

async function isBehind({ db, backups }: BackupDeps, { source }: BackupTarget): Promise<boolean> {
  const { newest, since } = await standingOf(db, source);
  const now = new Date();
  return isOverdue(newest?.startedAt, since ?? now, backups.everyHours, now);
}

/** Answers whether it is there. Throws what stops the round. */
async function makeBackup(deps: BackupDeps, target: BackupTarget, signal: AbortSignal): Promise<boolean> {
  const { db, ring, storage } = deps;
  const { id, prefix } = await beginBackup(db, target.source);
  try {
    const place = { storage, ring, backupId: id, prefix, keyId: ring.current('wrapping').id };
    const expiresAt = new Date(Date.now() + keepDaysOf(deps.backups) * DAY_MS);
    const manifest = await write(deps, target, { place, expiresAt, signal });
    await storeManifest(storage, ring, manifest);
    await completeBackup(db, manifest);
    return true;
  } catch (error) {
    await deleteBackup(storage, prefix);
    await failBackup(db, id, failureOf(error));
    signal.throwIfAborted();
    return false;
  }
}

class NotConfigured extends Error {}

type Wish = Parameters<typeof copyOwnDatabase>[1];

async function write(deps: BackupDeps, { source, url }: BackupTarget, wish: Wish): Promise<BackupManifest> {
  if (url === undefined) throw new NotConfigured(`No role is named that may read all of ${source ?? OWN_DATABASE}.`);
  if (source === null) return copyOwnDatabase(url, wish);
  return dumpSource({ ...wish, source, url, programs: deps.backups.programs });
}

function failureOf(error: unknown): BackupFailure {
  if (error instanceof NotConfigured) return 'not_configured';
  if (error instanceof NoProgram) return 'no_pg_dump';
  if (error instanceof Unavailable) return 'unavailable';
  return error instanceof SourceFailed || error instanceof DatabaseFailure ? 'refused' : 'unknown';
}

async function deleteExpired({ db, storage }: BackupDeps, signal: AbortSignal): Promise<number> {
  const expired = await findBackups(db, 'complete', new Date());
  for (const { id, prefix } of expired) {
    signal.throwIfAborted();
    await deleteBackup(storage, prefix);
    await recordDeleted(db, id);
  }
  return expired.length;
}
