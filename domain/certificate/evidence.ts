/** What a certificate is made of: the records of an erasure, complete, before anything is left out for an audience. */
import type { DecidedRecords } from '../retention/alike.ts';
import type { WeighedGround } from '../retention/decide.ts';
import type {
  CertificateBody,
  CertifiedApproval,
  CertifiedCount,
  CertifiedSystem,
  ReplayedErasure,
  RetainedItem,
  UnconnectedSystem,
  Verification,
} from './format.ts';

/** A decision that keeps records, with every ground that was weighed. */
export interface RetainedDecision extends Omit<RetainedItem, 'grounds'> {
  readonly rows: number;
  readonly grounds: readonly WeighedGround[];
}

/** Words of one person under one instruction, with the decisions that they stand for. */
export interface ApprovalEvidence extends Omit<CertifiedApproval, 'decisions'> {
  readonly decisions: readonly DecidedRecords[];
}

export interface ErasureEvidence {
  readonly workspace: CertificateBody['workspace'];
  readonly request: CertificateBody['request'];
  readonly instruction: CertificateBody['instruction'];
  readonly erasure: CertificateBody['erasure'];
  readonly versions: CertificateBody['versions'];
  readonly systems: readonly CertifiedSystem[];
  /** Summed from the ledgers of the sources. */
  readonly counts: readonly CertifiedCount[];
  readonly media: CertificateBody['media'];
  readonly tree: { readonly leafKeyId: string; readonly root: string; readonly leaves: number } | undefined;
  readonly retained: readonly RetainedDecision[];
  /** Records that were to be erased and whose erasure was refused. */
  readonly refused: number;
  /** How long backups are kept; undefined when nobody has said. */
  readonly backupDays: number | undefined;
  readonly unconnected: readonly UnconnectedSystem[];
  readonly verification: Verification | undefined;
  readonly approvals: readonly ApprovalEvidence[];
}

/** What tells one certificate of an erasure from another. */
export interface CertificateIdentity {
  readonly certificateId: string;
  readonly kind: CertificateBody['kind'];
  readonly ordinal: number;
  readonly issuedAt: string;
  readonly supersedes: string | null;
  readonly supplements: string | null;
  readonly replay?: ReplayedErasure;
}
