/** Packages as they are shown. */
import type { Transaction } from '../database.ts';
import { teamFilter } from './caller.ts';
import type { Caller } from './caller.ts';

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
}

interface PackageRow {
  readonly id: string;
  readonly request_id: string;
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
}

/** By its own id or its request's; undefined also for one of another team than the caller's. */
export async function findPackage(
  trx: Transaction,
  caller: Caller,
  key: { readonly id: string } | { readonly request_id: string },
): Promise<PackageRecord | undefined> {
  const row = await trx('packages')
    .where({ workspace_id: caller.workspaceId, ...key })
    .whereIn('request_id', trx('requests').where(teamFilter(caller)).select('id'))
    .first<PackageRow | undefined>();
  return row && toRecord(row);
}

function toRecord(row: PackageRow): PackageRecord {
  const isOver = row.status === 'ready' && row.expires_at <= new Date();
  return {
    id: row.id,
    requestId: row.request_id,
    status: isOver ? 'expired' : row.status,
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
