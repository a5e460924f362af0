/** Packages as they are shown. */
import type { Transaction } from '../database.ts';
import { teamFilter } from './caller.ts';
import type { Caller } from './caller.ts';
import { readKept } from './kept-packages.ts';
import type { KeptPackage } from './kept-packages.ts';

export const PACKAGE_STATUSES = ['ready', 'expired', 'deleted'] as const;

export interface PackageRecord {
  readonly id: string;
  readonly requestId: string;
  readonly status: (typeof PACKAGE_STATUSES)[number];
  readonly bytes: number;
  readonly rows: number;
  readonly files: number;
  /** Objects that rows name and that the store does not have. */
  readonly missingFiles: number;
  /** Lower-case hex, as the next. */
  readonly sha256: string;
  readonly manifestSha256: string;
  readonly signingKeyId: string;
  readonly mapVersion: string;
  /** Whether downloads are encrypted to a key of the controller's. */
  readonly ageEncrypted: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** What keeps it although its time is over; null when nothing does. */
  readonly kept: KeptPackage | null;
}

/** A request's; `sha256` and `bytes` are those of the archive as it is downloaded. */
export interface PackageRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly request_id: string;
  readonly storage_key: string;
  readonly data_key_id: string;
  readonly status: PackageRecord['status'];
  readonly map_version: string;
  readonly signing_key_id: string;
  readonly manifest_sha256: Buffer;
  readonly sha256: Buffer;
  readonly bytes: string;
  readonly rows: string;
  readonly files: number;
  readonly missing_files: number;
  readonly age_recipient: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly kept_by: readonly string[];
}

/** What a link to a package needs to know of it, be it a request's or a part of an export's. */
export interface LinkablePackage {
  /** Null of a part of an export. */
  readonly requestId: string | null;
  readonly status: PackageRecord['status'];
  readonly expiresAt: Date;
}

/** Undefined also for one that is not the caller's to see. */
export async function findLinkable(trx: Transaction, caller: Caller, id: string): Promise<LinkablePackage | undefined> {
  const row = await visiblePackages(trx, caller)
    .where({ id })
    .first<(Pick<PackageRow, 'status' | 'expires_at'> & { request_id: string | null }) | undefined>(
      'status',
      'expires_at',
      'request_id',
    );
  return row && { requestId: row.request_id, status: statusOf(row), expiresAt: row.expires_at };
}

/** A team sees its requests' packages; an export holds every team's rows, and is seen by those of no team. */
export function visiblePackages(trx: Transaction, caller: Caller) {
  const all = trx('packages').where({ workspace_id: caller.workspaceId });
  if (caller.principal.teamId === undefined) return all;
  return all.whereIn('request_id', trx('requests').where(teamFilter(caller)).select('id'));
}

/** A request's package; undefined also for one of another team than the caller's. */
export async function findPackage(
  trx: Transaction,
  caller: Caller,
  key: { readonly request_id: string },
): Promise<PackageRecord | undefined> {
  const row = await visiblePackages(trx, caller)
    .where({ workspace_id: caller.workspaceId, ...key })
    .first<PackageRow | undefined>();
  return row && { ...toRecord(row), kept: row.status === 'deleted' ? null : await readKept(trx, caller, row) };
}

function statusOf({ status, expires_at: end }: Pick<PackageRow, 'status' | 'expires_at'>): PackageRecord['status'] {
  return status === 'ready' && end <= new Date() ? 'expired' : status;
}

function toRecord(row: PackageRow): Omit<PackageRecord, 'kept'> {
  return {
    id: row.id,
    requestId: row.request_id,
    status: statusOf(row),
    bytes: Number(row.bytes),
    rows: Number(row.rows),
    files: row.files,
    missingFiles: row.missing_files,
    sha256: row.sha256.toString('hex'),
    manifestSha256: row.manifest_sha256.toString('hex'),
    signingKeyId: row.signing_key_id,
    mapVersion: row.map_version,
    ageEncrypted: row.age_recipient !== null,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
