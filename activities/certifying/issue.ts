/** Issues the certificates of an erasure: one for each audience, each signed, stored sealed, then recorded together. */
import { createHash, randomUUID } from 'node:crypto';
import { contradictionsIn } from '../../domain/certificate/contradictions.ts';
import type { ErasureEvidence } from '../../domain/certificate/evidence.ts';
import {
  CERTIFICATE_FILE,
  CERTIFICATE_PAPER_FILE,
  CERTIFICATE_SIGNATURE_FILE,
} from '../../domain/certificate/format.ts';
import type { Certificate, CertificateKind, ReplayedErasure } from '../../domain/certificate/format.ts';
import { certificateFor } from '../../domain/certificate/issue.ts';
import type { Language } from '../../domain/languages.ts';
import { AUDIENCES } from '../../domain/retention/words.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { STEWARD_ITSELF, appendAudit } from '../../platform/audit.ts';
import { packCertificate } from '../../platform/certificate-verification.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { findCertificates, findNewestCertificate, saveCertificate } from '../../platform/records/certificates.ts';
import type { CertificateRow } from '../../platform/records/certificates.ts';
import { freshDataKey, saveDataKey } from '../../platform/records/data-keys.ts';
import type { DataKey } from '../../platform/records/data-keys.ts';
import { recordEvent } from '../../platform/records/request-progress.ts';
import { jwsText, signDetached } from '../../platform/signing.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { storeCertificate } from '../../platform/stored-certificate.ts';
import { certificatePaper } from './certificate-paper.ts';

export interface IssueDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly storage: ObjectStorage;
}

export interface Issue {
  readonly kind: CertificateKind;
  readonly evidence: ErasureEvidence;
  readonly language: Language;
  /** Of a supplement that tells of a restore. */
  readonly replay?: ReplayedErasure;
}

interface Signed {
  readonly row: CertificateRow;
  readonly archive: Buffer;
}

/**
 * Answers the rows of what was issued. Of two attempts at once the one that records first stands. Throws TypeError when the
 * evidence contradicts itself: then nothing is issued, for a signature under it would be worthless.
 */
export async function issueCertificates(
  deps: IssueDeps,
  ref: RequestRef,
  issue: Issue,
): Promise<readonly CertificateRow[]> {
  const erasureId = issue.evidence.erasure.id;
  const earlier = await deps.db.withTenant(ref.workspaceId, (trx) => findCertificates(trx, ref, erasureId));
  const dataKey = freshDataKey();
  const issuedAt = new Date();
  const signed: Signed[] = [];
  try {
    for (const audience of AUDIENCES) {
      const each = await sign(deps, ref, issue, { audience, earlier, dataKey, issuedAt });
      signed.push(each);
      const place = { storage: deps.storage, storageKey: each.row.storage_key, certificateId: each.row.id };
      await storeCertificate({ ...place, dataKey: dataKey.bytes }, each.archive);
    }
    const rows = signed.map(({ row }) => row);
    const standing = await deps.db.withTenant(ref.workspaceId, (trx) => record(deps, trx, ref, issue, rows, dataKey));
    if (standing !== rows) await discard(deps.storage, signed);
    return standing;
  } catch (error) {
    await discard(deps.storage, signed);
    throw error;
  }
}

interface Signing {
  readonly audience: Audience;
  /** Of the same erasure. */
  readonly earlier: readonly CertificateRow[];
  readonly dataKey: DataKey;
  readonly issuedAt: Date;
}

async function sign(
  { db, ring }: IssueDeps,
  ref: RequestRef,
  { kind, evidence, language, replay }: Issue,
  { audience, earlier, dataKey, issuedAt }: Signing,
): Promise<Signed> {
  const own = earlier.filter((each) => each.audience === audience);
  const erasureId = evidence.erasure.id;
  const newest = await db.withTenant(ref.workspaceId, (trx) => findNewestCertificate(trx, ref, audience));
  // Of an earlier run of the request, or of this one when it had failed.
  const supersedes = kind === 'erasure' ? (newest?.id ?? null) : null;
  const body = certificateFor(evidence, audience, {
    certificateId: randomUUID(),
    kind,
    ordinal: Math.max(0, ...own.map(({ ordinal }) => ordinal)) + 1,
    issuedAt: issuedAt.toISOString(),
    supersedes,
    supplements: kind === 'supplement' ? (own.findLast((each) => each.kind === 'erasure')?.id ?? null) : null,
    ...(replay && { replay }),
  });
  const contradictions = contradictionsIn(body);
  if (contradictions.length > 0)
    throw new TypeError(`The evidence of erasure ${erasureId} contradicts itself: ${contradictions.join('; ')}.`);
  const paper = await certificatePaper(body, language);
  const certificate: Certificate = { ...body, paper: { bytes: paper.length, sha256: sha256(paper).toString('hex') } };
  const document = Buffer.from(`${JSON.stringify(certificate, null, 2)}\n`);
  const archive = packCertificate(
    new Map([
      [CERTIFICATE_FILE, document],
      [CERTIFICATE_SIGNATURE_FILE, Buffer.from(jwsText(await signDetached(ring, document)))],
      [CERTIFICATE_PAPER_FILE, paper],
    ]),
  );
  const row: CertificateRow = {
    id: body.certificateId,
    erasure_id: erasureId,
    ordinal: body.ordinal,
    kind,
    audience,
    result: body.result,
    supersedes,
    map_version: body.versions.dataMap,
    signing_key_id: ring.current('signing').id,
    data_key_id: dataKey.id,
    storage_key: `certificates/${ref.workspaceId}/${ref.requestId}/${body.certificateId}`,
    sha256: sha256(document),
    bytes: archive.length,
    issued_at: issuedAt,
  };
  return { row, archive };
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Answers what stands: the rows given, or those that another attempt has recorded meanwhile. */
async function record(
  { ring }: IssueDeps,
  trx: Transaction,
  ref: RequestRef,
  { replay }: Issue,
  rows: readonly CertificateRow[],
  dataKey: DataKey,
): Promise<readonly CertificateRow[]> {
  const [first] = rows;
  if (first === undefined) return rows;
  const erasure = { workspace_id: ref.workspaceId, id: first.erasure_id };
  await trx('erasures').where(erasure).forUpdate().first('id');
  const others = (await findCertificates(trx, ref, first.erasure_id)).filter(
    ({ ordinal }) => ordinal === first.ordinal,
  );
  if (others.length > 0) return others;
  await saveDataKey(trx, ring, ref.workspaceId, dataKey);
  for (const row of rows) await saveCertificate(trx, ref, row);
  const certified = first.kind === 'erasure' ? 'certified_at' : 'raw_searched_at';
  if (replay === undefined)
    await trx('erasures')
      .where(erasure)
      .update({ [certified]: first.issued_at });
  const controllers = rows.find(({ audience }) => audience === 'controller') ?? first;
  const details = { certificateId: controllers.id, kind: first.kind, result: first.result };
  await recordEvent(trx, ref, { kind: 'certified', details, dedupe: `certified:${first.erasure_id}:${first.ordinal}` });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'certificate.issued',
    subject: { kind: 'request', id: ref.requestId },
    details: { ...details, erasureId: first.erasure_id, sha256: controllers.sha256.toString('hex') },
  });
  return rows;
}

async function discard(storage: ObjectStorage, signed: readonly Signed[]): Promise<void> {
  for (const { row } of signed) await storage.delete(row.storage_key).catch(() => undefined);
}
