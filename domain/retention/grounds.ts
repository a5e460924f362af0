/** Why a record is kept. A record can have any number of grounds; all are kept beside its decision. */
import type { Party } from '../parties.ts';
import type { Audience, Force, Requirement, RetentionPurpose } from './words.ts';

interface AnyGround {
  readonly purpose: RetentionPurpose;
  readonly party: Party;
  /** Who may know of it. */
  readonly visibility: Audience;
}

/** A rule of the retention schedule that covers the record, in the version that was in force. */
export interface RuleGround extends AnyGround {
  readonly kind: 'rule';
  readonly ruleId: string;
  readonly version: number;
  readonly force: Force;
  readonly requirement: Requirement;
  /** What lets the rule stand against an erasure request; every force but business_default cites one. */
  readonly exemption: string | undefined;
  /** Columns that stay, the rest being pseudonymised; undefined keeps the whole record. */
  readonly keeps: readonly string[] | undefined;
  /** The first moment at which it keeps nothing. Undefined while its event, such as the end of a contract, is to come. */
  readonly until: Date | undefined;
  /** Whoever must look before the rule decides anything: a class can demand it. */
  readonly needsPerson: boolean;
}

/** An active hold that covers the record. It has no end but its release. */
export interface HoldGround extends AnyGround {
  readonly kind: 'hold';
  readonly holdId: string;
}

/** A state of the business that stands in the way while it lasts. */
export interface ExceptionGround extends AnyGround {
  readonly kind: 'exception';
  readonly exception: 'open_balance' | 'active_contract' | 'pending_dispute';
  readonly force: 'claims' | 'business_default';
}

export type Ground = RuleGround | HoldGround | ExceptionGround;

/** A controller's recorded decision, with its reason, that a business default stands against an erasure request. */
export interface KeepingOverride {
  /** A rule's id, or the name of an exception. */
  readonly of: string;
  readonly overrideId: string;
}

/** What names a ground among the others of a record. */
export function groundKey(ground: Ground): string {
  if (ground.kind === 'hold') return `hold:${ground.holdId}`;
  if (ground.kind === 'exception') return `exception:${ground.exception}`;
  return `rule:${ground.ruleId}@${ground.version}`;
}
