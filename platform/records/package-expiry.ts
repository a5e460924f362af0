/**
 * The end of a package in Steward's records, in two steps around the deletion of its object: first it is expired, and no
 * link leads to it any more; when the object is gone, it is deleted. A crash between them is made up for by the next run. While
 * a hold keeps it, it stays expired.
 */
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { recordExportEvent } from './export-progress.ts';
import type { EndedPackageRow } from './kept-packages.ts';
import { recordEvent } from './request-progress.ts';

export interface PackageRef {
  readonly workspaceId: string;
  readonly packageId: string;
}

interface FoundRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly expiry: string;
}

interface ExpiringRow {
  readonly request_id: string | null;
  readonly export_id: string | null;
  readonly storage_key: string;
  readonly expires_at: Date;
  readonly bytes: string;
}

const BATCH = 100;
const NIL = '00000000-0000-0000-0000-000000000000';

/**
 * Packages of all workspaces whose time is over and that are not yet deleted, those that ended first before the others, each
 * once: one that cannot be deleted does not hold up those behind it.
 */
export async function* findExpiredPackages(db: Database): AsyncGenerator<PackageRef> {
  let last: FoundRow = { workspace_id: NIL, id: NIL, expiry: '-infinity' };
  for (;;) {
    const rows = await readBatch(db, last);
    for (const row of rows) yield { workspaceId: row.workspace_id, packageId: row.id };
    const end = rows.at(-1);
    if (!end || rows.length < BATCH) return;
    last = end;
  }
}

async function readBatch(db: Database, { expiry, id }: FoundRow): Promise<readonly FoundRow[]> {
  return db.withPlatform(async (trx) => {
    const { rows } = await trx.raw<{ rows: FoundRow[] }>('SELECT * FROM steward.packages_to_expire(?, ?, ?)', [
      expiry,
      id,
      BATCH,
    ]);
    return rows;
  });
}

/**
 * Marks the package as expired, revokes its links, and answers where its object is; undefined when there is nothing to
 * delete, as after another run, after an extension of its time, or while it waits for its release.
 */
export async function expirePackage(db: Database, ref: PackageRef): Promise<string | undefined> {
  return db.withTenant(ref.workspaceId, async (trx) => {
    const [row] = await rowOf(trx, ref)
      .whereNot({ status: 'deleted' })
      .where('expires_at', '<=', trx.fn.now())
      .whereNotExists(awaitingRelease(trx))
      .update({ status: 'expired' })
      .returning<{ storage_key: string }[]>('storage_key');
    if (!row) return undefined;
    await trx('links')
      .where({ workspace_id: ref.workspaceId, package_id: ref.packageId })
      .whereNull('revoked_at')
      .update({ revoked_at: trx.fn.now() });
    return row.storage_key;
  });
}

/** The time of a package begins with its release: until then it waits, however long. */
function awaitingRelease(trx: Transaction) {
  return trx('requests')
    .whereRaw('(requests.workspace_id, requests.id) = (packages.workspace_id, packages.request_id)')
    .where({ 'requests.status': 'awaiting_release' });
}

/** An expired package that is not deleted, locked until the transaction ends. */
export async function lockExpired(
  trx: Transaction,
  ref: PackageRef,
  storageKey: string,
): Promise<EndedPackageRow | undefined> {
  return rowOf(trx, ref)
    .where({ status: 'expired', storage_key: storageKey })
    .forUpdate()
    .first<EndedPackageRow | undefined>('workspace_id', 'id', 'request_id', 'export_id', 'storage_key', 'kept_by');
}

/** Records that the object is gone, in the package's row, its request's or export's timeline and the audit log; once. */
export async function recordPackageDeleted(trx: Transaction, ref: PackageRef, storageKey: string): Promise<boolean> {
  const [row] = await rowOf(trx, ref)
    .where({ status: 'expired', storage_key: storageKey })
    .update({ status: 'deleted', deleted_at: trx.fn.now(), kept_by: [] })
    .returning<ExpiringRow[]>(['request_id', 'export_id', 'storage_key', 'expires_at', 'bytes']);
  if (!row) return false;
  await tellTimeline(trx, ref, row);
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'package.deleted',
    subject: { kind: 'package', id: ref.packageId },
    details: { reason: 'expired', expiredAt: row.expires_at.toISOString(), bytes: Number(row.bytes) },
  });
  return true;
}

function rowOf(trx: Transaction, { workspaceId, packageId }: PackageRef) {
  return trx('packages').where({ workspace_id: workspaceId, id: packageId });
}

async function tellTimeline(trx: Transaction, { workspaceId, packageId }: PackageRef, row: ExpiringRow): Promise<void> {
  const { request_id: requestId, export_id: exportId, storage_key: storageKey } = row;
  const details = { packageId, reason: 'expired' };
  const event = { kind: 'package_deleted', details, dedupe: `package_deleted:${storageKey}` };
  if (requestId !== null) await recordEvent(trx, { workspaceId, requestId }, event);
  if (exportId !== null) await recordExportEvent(trx, { workspaceId, exportId }, event);
}
