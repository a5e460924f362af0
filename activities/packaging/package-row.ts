/** The row of a finished package, of which a request has one. */
import { Conflict } from '../../domain/errors.ts';
import type { PackageResult, RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../../platform/database.ts';
import type { PackageRow } from '../../platform/records/packages.ts';

/** Everything of the row but whose it is, and what comes later. */
export type NewPackage = Omit<PackageRow, 'workspace_id' | 'request_id' | 'status' | 'bytes' | 'rows' | 'kept_by'> & {
  readonly bytes: number;
  readonly rows: number;
};

export async function findPackageOf(trx: Transaction, ref: RequestRef): Promise<PackageRow | undefined> {
  return trx('packages')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .first<PackageRow | undefined>();
}

/** Throws Conflict when the request has no package that is ready. */
export async function readReadyPackage(trx: Transaction, ref: RequestRef): Promise<PackageRow> {
  const row = await findPackageOf(trx, ref);
  if (row?.status !== 'ready') throw new Conflict(`Request ${ref.requestId} has no package that is ready.`);
  return row;
}

/** Takes the place of one that was thrown away. */
export async function savePackage(trx: Transaction, ref: RequestRef, row: NewPackage): Promise<void> {
  await trx('packages')
    .insert({ ...row, workspace_id: ref.workspaceId, request_id: ref.requestId, status: 'ready' })
    .onConflict(['workspace_id', 'request_id'])
    .merge({ ...row, status: 'ready', deleted_at: null });
}

export function resultOf(row: PackageRow): PackageResult {
  return {
    packageId: row.id,
    rows: Number(row.rows),
    files: row.files,
    missingFiles: row.missing_files,
    bytes: Number(row.bytes),
  };
}
