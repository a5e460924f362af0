/** Certificates as they are recorded: what each is, whose, and where it lies. */
import type { CertificateKind, CertificateResult } from '../../domain/certificate/format.ts';
import { NotFound } from '../../domain/errors.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import type { CertificatePlace } from '../stored-certificate.ts';
import type { Caller } from './caller.ts';
import { openDataKey } from './data-keys.ts';
import { readRequest } from './requests.ts';

export interface CertificateRow {
  readonly id: string;
  readonly erasure_id: string;
  readonly ordinal: number;
  readonly kind: CertificateKind;
  readonly audience: Audience;
  readonly result: CertificateResult;
  readonly supersedes: string | null;
  readonly map_version: string;
  readonly signing_key_id: string;
  readonly data_key_id: string;
  readonly storage_key: string;
  /** Of certificate.json. */
  readonly sha256: Buffer;
  /** Of the archive. */
  readonly bytes: number;
  readonly issued_at: Date;
}

export interface CertificateRecord {
  readonly id: string;
  readonly erasureId: string;
  readonly kind: CertificateKind;
  readonly audience: Audience;
  readonly result: CertificateResult;
  readonly supersedes: string | null;
  readonly sha256: string;
  readonly signingKeyId: string;
  readonly issuedAt: Date;
}

export async function saveCertificate(trx: Transaction, ref: RequestRef, row: CertificateRow): Promise<void> {
  await trx('certificates').insert({ ...row, workspace_id: ref.workspaceId, request_id: ref.requestId });
}

/** Of an erasure, in the order issued. */
export async function findCertificates(
  trx: Transaction,
  ref: RequestRef,
  erasureId: string,
): Promise<readonly CertificateRow[]> {
  return trx('certificates')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, erasure_id: erasureId })
    .orderBy(['ordinal', 'audience'])
    .select<CertificateRow[]>('*');
}

/** Of an erasure, for an audience; supplements are looked for by their ids. */
export async function findNewestCertificate(
  trx: Transaction,
  ref: RequestRef,
  audience: Audience,
): Promise<CertificateRow | undefined> {
  return ofRequest(trx, ref, ref.requestId).where({ audience, kind: 'erasure' }).first<CertificateRow | undefined>('*');
}

/** Throws NotFound when there is no such request. */
export async function listCertificates(
  db: Database,
  caller: Caller,
  requestId: string,
  audiences: readonly Audience[],
): Promise<readonly CertificateRecord[]> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const rows = await ofRequest(trx, caller, requestId)
      .whereIn('audience', [...audiences])
      .select<CertificateRow[]>('*');
    return rows.map(toRecord);
  });
}

export interface WantedCertificate {
  readonly audience: Audience;
  /** The newest of the erasure when left out. */
  readonly id?: string | undefined;
}

/** A certificate and where it lies. Throws NotFound, also while the request has none. */
export async function openCertificate(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  { audience, id }: WantedCertificate,
): Promise<{ readonly record: CertificateRecord; readonly place: Omit<CertificatePlace, 'storage'> }> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const row = await ofRequest(trx, caller, requestId)
      .where({ audience, ...(id === undefined ? { kind: 'erasure' } : { id }) })
      .first<CertificateRow | undefined>('*');
    if (!row) throw new NotFound(`Request ${requestId} has no such certificate.`);
    const dataKey = await openDataKey(trx, ring, caller.workspaceId, row.data_key_id);
    return { record: toRecord(row), place: { storageKey: row.storage_key, certificateId: row.id, dataKey } };
  });
}

/** Newest first. */
function ofRequest(trx: Transaction, { workspaceId }: Pick<Caller, 'workspaceId'>, requestId: string) {
  return trx('certificates')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy([{ column: 'issued_at', order: 'desc' }, 'audience', 'id']);
}

function toRecord(row: CertificateRow): CertificateRecord {
  return {
    id: row.id,
    erasureId: row.erasure_id,
    kind: row.kind,
    audience: row.audience,
    result: row.result,
    supersedes: row.supersedes,
    sha256: row.sha256.toString('hex'),
    signingKeyId: row.signing_key_id,
    issuedAt: row.issued_at,
  };
}
