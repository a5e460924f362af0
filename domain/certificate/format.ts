/**
 * The certificate of an erasure: the processor's signed statement of what was erased, what was retained, why and until
 * when. It claims what is true and no more (design rule 10), and it is never edited: a later event gives another one, which
 * supersedes or supplements it.
 *
 * A property that its audience may not know is null, never left out, so that a missing one is a change.
 */
import type { Regime } from '../deadlines.ts';
import type { InstructionSource, Party } from '../parties.ts';
import type { TaskStatus } from '../release.ts';
import type { RequestType } from '../request.ts';
import type { ShownGround } from '../retention/rendering.ts';
import type { Audience } from '../retention/words.ts';

export const CERTIFICATE_FORMAT = 'steward-certificate/1';

/** Names inside the archive. */
export const CERTIFICATE_FILE = 'certificate.json';
/** A detached JWS (RFC 7515 appendix F, RFC 7797) over the exact bytes of the certificate. */
export const CERTIFICATE_SIGNATURE_FILE = 'certificate.jws.json';
/** The same for people; the certificate has its digest. */
export const CERTIFICATE_PAPER_FILE = 'certificate.pdf';

/** Of the archive's own name. */
export const CERTIFICATE_ARCHIVE_SUFFIX = '.steward-certificate.zip';

/** `supplement`: what a later search found, beside the certificate of the erasure, which stands. */
export const CERTIFICATE_KINDS = ['erasure', 'supplement'] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];

/** `failed`: the search afterwards found what was not to be left, and `verification` says where. */
export const CERTIFICATE_RESULTS = ['erased', 'partially_erased', 'nothing_erased', 'nothing_found', 'failed'] as const;
export type CertificateResult = (typeof CERTIFICATE_RESULTS)[number];

/**
 * `found_again`: records that the search finds by the person's identifiers. `still_there`: records that the ledger has as
 * erased. `not_reduced`: pseudonymised records with an identifier outside what was to stay. `unproven`: records that were to
 * be erased, and neither the ledger nor the search says that they were. `object_left`: files. `text_left`: texts.
 */
export const RESIDUAL_KINDS = [
  'found_again',
  'still_there',
  'not_reduced',
  'unproven',
  'object_left',
  'text_left',
] as const;
export type ResidualKind = (typeof RESIDUAL_KINDS)[number];

/** Something that was not to be left, by where it is; never by its key. */
export interface Residual {
  readonly source: string;
  /** A collection of the data map, with the column of a text; of files, the store. */
  readonly place: string;
  readonly kind: ResidualKind;
  readonly count: number;
}

/**
 * Why something was not searched. `no_folders`: nobody has said which folders of a store are the workspace's. `shared_number`: a
 * telephone number that is another person's as well, wherever it is.
 */
export const NOT_SEARCHED_REASONS = ['no_folders', 'shared_number'] as const;

export interface NotSearched {
  /** Null for all of them. */
  readonly source: string | null;
  /** A store. */
  readonly place: string | null;
  readonly why: (typeof NOT_SEARCHED_REASONS)[number];
}

/** What was searched after the erasure, and what came of it. */
export interface Verification {
  /** `rescan`: by the data map's search. `raw_search`: every text, JSON column and name of a file. */
  readonly method: 'rescan' | 'raw_search';
  /** ISO 8601, as all times here. */
  readonly at: string;
  readonly result: 'passed' | 'failed';
  readonly searched: {
    readonly sources: number;
    readonly collections: number;
    /** Columns in which an identifier, or a mention of one, was looked for. */
    readonly columns: number;
    /** Records of the ledger that were looked for by their keys; null to the person, to whom it would tell how many are reduced. */
    readonly records: number | null;
    readonly objects: number;
  };
  /** Records that were found and are retained, or are somebody else's. */
  readonly expected: number | null;
  readonly residuals: readonly Residual[];
  /** Of a raw search; certificates of version 0.1 do not have it. */
  readonly notSearched?: readonly NotSearched[] | undefined;
}

/** A ground that keeps records, as its audience may know it. */
export type CertifiedGround = Pick<
  ShownGround,
  'kind' | 'id' | 'version' | 'force' | 'requirement' | 'purpose' | 'party' | 'exemption'
>;

/** Records of one class that are kept for what are to the audience the same grounds. */
export interface RetainedItem {
  readonly recordClass: string;
  /** `pseudonymise`: retained, reduced to what its grounds need. */
  readonly decision: 'retain' | 'pseudonymise';
  /** Null to the person, to whom a number can tell what words withhold. */
  readonly rows: number | null;
  readonly grounds: readonly CertifiedGround[];
  /** Of its records, when the first and the last are no longer retained; null when that is not known, as under a hold. */
  readonly endsFirst: string | null;
  readonly endsLast: string | null;
}

/** A connected source of the data map. */
export interface CertifiedSystem {
  readonly source: string;
  /** `not_erasable`: it has records, and Steward may not erase there. */
  readonly status: 'erased' | 'nothing_erased' | 'not_erasable';
  /** Of its first and its last batch in the ledger. */
  readonly from: string | null;
  readonly to: string | null;
}

export interface CertifiedCount {
  readonly source: string;
  readonly collection: string;
  readonly label: string;
  readonly erased: number;
  /** Retained, reduced; null to the person, to whom a number can tell what words withhold. */
  readonly pseudonymised: number | null;
  /** Retained, and marked so in the source; null to the person, to whom it would tell how many are kept. */
  readonly restricted: number | null;
}

export interface CertifiedApproval {
  /** Null where it is not for the audience to know. */
  readonly principal: string | null;
  readonly party: Party;
  readonly at: string;
  /** How many decisions, each on the records of a collection that agree in their grounds. */
  readonly decisions: number;
  readonly instruction: { readonly id: string; readonly version: number };
}

/** A system that is not connected, which people were asked to search. */
export interface UnconnectedSystem {
  readonly system: string;
  readonly outcome: TaskStatus;
  /**
   * What whoever searched it says. Not vouched for by the ledger. Null also to the person: it was written for those who
   * ordered the erasure, and may name others.
   */
  readonly statement: string | null;
}

/** Where copies can outlast the erasure. */
export interface Remainder {
  readonly where: 'backups' | 'write_ahead_logs' | 'replicas';
  /** The moment from which it is no longer there; null when nobody stated it. */
  readonly until: string | null;
}

/** Why an erasure was carried out again: a database was restored from before it, and the records were there again. */
export interface ReplayedErasure {
  /** The database that was restored: `steward`, or a source. */
  readonly restored: string;
  /** Where the erasure was carried out again. */
  readonly source: string;
  readonly at: string;
}

/** All but the printed one, which says this in words and is signed with it by its digest. */
export interface CertificateBody {
  readonly format: typeof CERTIFICATE_FORMAT;
  readonly kind: CertificateKind;
  readonly certificateId: string;
  /** Counts the certificates of an erasure. */
  readonly ordinal: number;
  readonly audience: Audience;
  readonly issuedAt: string;
  /** The certificate that no longer says how things stand; that of an earlier run. */
  readonly supersedes: string | null;
  readonly supplements: string | null;
  /** Of a supplement alone, and only of one that tells of a restore. */
  readonly replay?: ReplayedErasure | undefined;
  readonly result: CertificateResult;
  /** What is claimed, in English. */
  readonly statement: string;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly request: {
    readonly id: string;
    readonly type: RequestType;
    readonly regime: Regime;
    readonly receivedByControllerAt: string;
    readonly receivedByProcessorAt: string;
  };
  readonly instruction: {
    readonly id: string;
    readonly version: number;
    readonly source: InstructionSource;
    readonly attestedAt: string;
    /** Of the attestation's words in UTF-8, which stay in the register; lower-case hex. */
    readonly attestationSha256: string | null;
  };
  readonly erasure: {
    readonly id: string;
    /** Which run of the request this is. */
    readonly ordinal: number;
    readonly plannedAt: string | null;
    readonly begunAt: string | null;
    readonly erasedAt: string | null;
  };
  readonly versions: { readonly dataMap: string; readonly schedule: string | null; readonly software: string };
  readonly systems: readonly CertifiedSystem[];
  readonly counts: readonly CertifiedCount[];
  readonly media: readonly { readonly store: string; readonly objects: number }[];
  readonly totals: {
    readonly erased: number;
    readonly pseudonymised: number | null;
    readonly restricted: number | null;
    readonly objects: number;
  };
  /** What binds the counts to records, without naming one; null when none was changed. */
  readonly evidence: {
    readonly leaf: typeof LEAF_ALGORITHM;
    readonly tree: typeof TREE_ALGORITHM;
    readonly leafKeyId: string;
    /** Lower-case hex. */
    readonly root: string;
    /** As many as records were erased, pseudonymised or restricted; null to the person, to whom it would tell the latter. */
    readonly leaves: number | null;
  } | null;
  readonly retained: {
    readonly items: readonly RetainedItem[];
    /** Whether there is more, of which the audience may know that some data is kept under an exemption, and nothing else. */
    readonly undisclosed: boolean;
    /** What was to be erased, and what its controller refused to have erased; `rows` is null to the person. */
    readonly refused: { readonly rows: number | null } | null;
  };
  readonly remains: readonly Remainder[];
  /** `told` is empty while none is connected. */
  readonly subprocessors: { readonly connected: number; readonly told: readonly string[] };
  readonly unconnected: readonly UnconnectedSystem[];
  /** Null when nothing was to be erased. */
  readonly verification: Verification | null;
  readonly approvals: readonly CertifiedApproval[];
}

export interface Certificate extends CertificateBody {
  /** The printed certificate beside it; the digest in lower-case hex. */
  readonly paper: { readonly bytes: number; readonly sha256: string };
}

export const LEAF_ALGORITHM = 'HMAC-SHA256 of the collection and the key, under a secret of the workspace';
export const TREE_ALGORITHM = 'SHA-256 Merkle tree as of RFC 6962';

const LOGICALLY =
  'Logically erased means that the systems no longer return the records. Copies that can outlast this are listed under ' +
  'remains, and it says nothing of systems that are not listed.';

/** One for each result, so that no certificate claims in words what its figures do not bear. */
export const STATEMENTS: Readonly<Record<CertificateResult, string>> = {
  erased: `The records counted here were logically erased, at the times given for each system, in the systems of this version of the data map, by the ledger that the evidence is made of. A search afterwards found none that was not to be left. ${LOGICALLY}`,
  partially_erased: `The records counted as erased were logically erased, at the times given for each system, in the systems of this version of the data map, by the ledger that the evidence is made of. Records counted as pseudonymised are retained, reduced. Other data is retained under an exemption that the law allows, or lies in a system that we may not erase in. A search afterwards found no record that was not to be left. ${LOGICALLY}`,
  nothing_erased:
    'Nothing was erased. What was found in the systems of this version of the data map is retained under an exemption that the law allows, or lies in a system that we may not erase in.',
  nothing_found:
    'Nothing was erased, for no record of the person was found in the systems of this version of the data map by the identifiers given.',
  failed: `This certifies no complete erasure. The records counted as erased were logically erased by the ledger that the evidence is made of, and a search afterwards found what was not to be left, as the verification says. ${LOGICALLY}`,
};
