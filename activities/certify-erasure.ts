/** The certificate of an erasure, made when it has been carried out and verified, or when there was nothing to erase. */
import type { ErasureCertified } from '../domain/erasure.ts';
import { resultOf } from '../domain/certificate/issue.ts';
import { Conflict } from '../domain/errors.ts';
import type { RequestRef } from '../domain/runs.ts';
import { findCertificates } from '../platform/records/certificates.ts';
import type { CertificateRow } from '../platform/records/certificates.ts';
import { requireErasure } from '../platform/records/erasure-review.ts';
import { moveRequest } from '../platform/records/request-progress.ts';
import { collectEvidence } from './certifying/collect-evidence.ts';
import type { Collected, EvidenceDeps } from './certifying/collect-evidence.ts';
import { issueCertificates } from './certifying/issue.ts';
import type { IssueDeps } from './certifying/issue.ts';
import { requireConnected } from './erasing/connected.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';

export type CertifyErasureDeps = EvidenceDeps & IssueDeps;

export type CertifyErasureActivities = ReturnType<typeof createCertifyErasureActivities>;

export function createCertifyErasureActivities(deps: CertifyErasureDeps) {
  return {
    certifyErasure: (ref: RequestRef): Promise<ErasureCertified> => certifyErasure(deps, ref, currentControl()),
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

function summarise({ evidence }: Collected, own: CertificateRow | undefined): ErasureCertified {
  if (own === undefined) throw new TypeError('An erasure has a certificate for the controller.');
  const ends = evidence.retained.flatMap(({ endsFirst }) => endsFirst ?? []).toSorted();
  return {
    certificateId: own.id,
    retained: evidence.retained.reduce((sum, { rows }) => sum + rows, evidence.refused),
    erased: evidence.counts.reduce((sum, { erased }) => sum + erased, 0),
    reviewAt: ends[0],
  };
}
