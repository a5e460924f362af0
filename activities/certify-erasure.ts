/** The certificate of an erasure, made when it has been carried out and verified, or when there was nothing to erase. */
import type { ErasureCertified, FailureCertified } from '../domain/erasure.ts';
import { resultOf } from '../domain/certificate/issue.ts';
import { Conflict } from '../domain/errors.ts';
import type { RequestRef } from '../domain/runs.ts';
import { findCertificates } from '../platform/records/certificates.ts';
import type { CertificateRow } from '../platform/records/certificates.ts';
import { requireErasure } from '../platform/records/erasure-review.ts';
import { moveRequest, requireStatus } from '../platform/records/request-progress.ts';
import { collectEvidence } from './certifying/collect-evidence.ts';
import type { Collected, EvidenceDeps } from './certifying/collect-evidence.ts';
import { issueCertificates } from './certifying/issue.ts';
import { journalSoFar } from './erasing/conclude.ts';
import type { IssueDeps } from './certifying/issue.ts';
import { requireConnected } from './erasing/connected.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';

export type CertifyErasureDeps = EvidenceDeps & IssueDeps;

export type CertifyErasureActivities = ReturnType<typeof createCertifyErasureActivities>;

export function createCertifyErasureActivities(deps: CertifyErasureDeps) {
  return {
    certifyErasure: (ref: RequestRef): Promise<ErasureCertified> => certifyErasure(deps, ref, currentControl()),

    certifyFailedErasure: (ref: RequestRef): Promise<FailureCertified> => certifyFailure(deps, ref, currentControl()),
  };
}

/**
 * Answers the certificate that the erasure has, or issues it. Throws NotFound when the request has no erasure; Conflict when
 * what was erased has not been verified, or the request has moved on; Unavailable while a source or the storage is away, or a source no longer connected.
 */
export async function certifyErasure(
  deps: CertifyErasureDeps,
  ref: RequestRef,
  control: Control,
): Promise<ErasureCertified> {
  const stopBeating = control.beat(() => undefined);
  try {
    await deps.db.withTenant(ref.workspaceId, async (trx) => {
      await moveRequest(trx, ref, { to: 'certifying' });
      // The counts of a ledger that cannot be read would be missing.
      requireConnected(deps.sources, await requireErasure(trx, ref));
    });
    const collected = await collectEvidence(deps, ref, control.signal);
    requireVerified(ref, collected);
    const { erasure, language, evidence } = collected;
    const rows = await deps.db.withTenant(ref.workspaceId, (trx) => findCertificates(trx, ref, erasure.id));
    const own = rows.findLast(isControllers);
    if (own && !isOutdated(own, collected)) return summarise(collected, own);
    const issued = await issueCertificates(deps, ref, { kind: 'erasure', evidence, language });
    return summarise(collected, issued.find(isControllers));
  } finally {
    stopBeating();
  }
}

/**
 * Certifies that the last search found what was not to be left, and where, and raises the request's flag; the erasure stays
 * open, and its targets stay in the sources for the next plan. Answers the certificate that says so of this search, if there
 * is one. Throws NotFound when the request has no erasure; Conflict when it is not being verified, or nothing was found;
 * Unavailable while a source or the storage is away.
 */
export async function certifyFailure(
  deps: CertifyErasureDeps,
  ref: RequestRef,
  control: Control,
): Promise<FailureCertified> {
  const stopBeating = control.beat(() => undefined);
  try {
    await deps.db.withTenant(ref.workspaceId, (trx) => requireStatus(trx, ref, 'verifying'));
    const journal = await journalSoFar(deps, ref, control);
    const collected = await collectEvidence(deps, ref, control.signal, { journal });
    const { erasure, language, evidence } = collected;
    if (evidence.verification?.result !== 'failed')
      throw new Conflict(`Nothing is left over of the erasure of request ${ref.requestId}.`);
    const rows = await deps.db.withTenant(ref.workspaceId, async (trx) => {
      await trx('requests')
        .where({ workspace_id: ref.workspaceId, id: ref.requestId })
        .update({ needs_attention: true });
      return findCertificates(trx, ref, erasure.id);
    });
    const own = rows.findLast(isControllers);
    if (own && !isOutdated(own, collected)) return { certificateId: own.id };
    const issued = await issueCertificates(deps, ref, { kind: 'erasure', evidence, language });
    return { certificateId: requireOwn(issued.find(isControllers)).id };
  } finally {
    stopBeating();
  }
}

/** What erased something is only certified after a search that was made when it had been erased. */
function requireVerified({ requestId }: RequestRef, { erasure, evidence }: Collected): void {
  if (['nothing_erased', 'nothing_found'].includes(resultOf(evidence))) return;
  const verifiedAt = evidence.verification?.at;
  if (verifiedAt === undefined || (erasure.erased_at !== null && Date.parse(verifiedAt) < erasure.erased_at.getTime()))
    throw new Conflict(`The erasure of request ${requestId} has not been verified.`);
}

const isControllers = ({ audience, kind }: CertificateRow): boolean => audience === 'controller' && kind === 'erasure';

/** That it failed is not how it stays: when what was left is gone, another certificate says so. */
function isOutdated({ result, issued_at: issuedAt }: CertificateRow, { evidence }: Collected): boolean {
  const { verification } = evidence;
  return result === 'failed' && verification !== undefined && Date.parse(verification.at) > issuedAt.getTime();
}

function requireOwn(own: CertificateRow | undefined): CertificateRow {
  if (own === undefined) throw new TypeError('An erasure has a certificate for the controller.');
  return own;
}

function summarise({ evidence }: Collected, found: CertificateRow | undefined): ErasureCertified {
  const own = requireOwn(found);
  const ends = evidence.retained.flatMap(({ endsFirst }) => endsFirst ?? []).toSorted();
  return {
    certificateId: own.id,
    retained: evidence.retained.reduce((sum, { rows }) => sum + rows, evidence.refused),
    erased: evidence.counts.reduce((sum, { erased }) => sum + erased, 0),
    reviewAt: ends[0],
  };
}
