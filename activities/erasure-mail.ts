/** Tells the controller what came of an erasure, and where its certificate is. */
import type { CertificateResult } from '../domain/certificate/format.ts';
import { NotFound } from '../domain/errors.ts';
import type { RequestRef } from '../domain/runs.ts';
import { findNewestCertificate } from '../platform/records/certificates.ts';
import { mailOnce } from './request-mail.ts';
import type { RequestMailDeps } from './request-mail.ts';

export type ErasureMailActivities = ReturnType<typeof createErasureMailActivities>;

const SUBJECTS: Readonly<Record<CertificateResult, string>> = {
  erased: 'was carried out and has its certificate',
  partially_erased: 'was carried out in part and has its certificate',
  nothing_erased: 'erased nothing and has its certificate',
  nothing_found: 'found nothing to erase and has its certificate',
  failed: 'was NOT carried out wholly and has a certificate that says so',
};

export function createErasureMailActivities(deps: RequestMailDeps) {
  return {
    /** Once for each certificate. Throws NotFound while there is none, Unavailable while mail is away. */
    async tellErasure(ref: RequestRef): Promise<void> {
      const certificate = await deps.db.withTenant(ref.workspaceId, (trx) =>
        findNewestCertificate(trx, ref, 'controller'),
      );
      if (!certificate) throw new NotFound(`Request ${ref.requestId} has no certificate.`);
      const { id, result } = certificate;
      const address = `${deps.publicUrl}/v1/requests/${ref.requestId}/certificate`;
      await mailOnce(deps, ref, {
        dedupe: `told-${id}`,
        kind: 'erasure_told',
        subject: SUBJECTS[result],
        lines: [
          `Certificate ${id}: ${address}.`,
          `The one for the person, which tells nothing that is not for the person to know: ${address}?audience=subject.`,
          'Both can be had in words (Accept: application/pdf) and checked offline (steward certificate fetch, steward verify).',
          ...(result === 'partially_erased' || result === 'nothing_erased'
            ? ['It says what is kept, why and until when. The request goes on by itself when the first ground ends.']
            : []),
          ...(result === 'failed'
            ? [
                'It says where something was left. We look at that; another certificate supersedes this one when it is gone.',
              ]
            : []),
        ],
      });
    },
  };
}
