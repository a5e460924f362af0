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
  /** Who may decide that it stands, or does not, in a single case. */
  readonly overridableBy: Overrider;
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
  /** What lets it stand against an erasure request. */
  readonly exemption?: string | undefined;
  /** As the schedule had them when it was weighed; undefined of what was weighed before they were kept. */
  readonly basis?: string | undefined;
  readonly source?: string | undefined;
}

/** Somebody's recorded decision that this one record is kept. It has no end but its withdrawal. */
export interface OverrideGround extends AnyGround {
  readonly kind: 'override';
  readonly overrideId: string;
}

/**
 * What stands in the way of deleting the record is another record. `kept_record`: one of the person's that is kept refers
 * to it, so it stays as long: whole when both are of one class, for they stand or fall together, and otherwise reduced.
 * `others_record`: it is other people's too, whose records refer to it. `mention`: it is other people's, and only mentions
 * the person. Of the last two nothing is lost but what in their free text identifies the person.
 */
export interface ReferenceGround extends AnyGround {
  readonly kind: 'reference';
  readonly because: 'kept_record' | 'others_record' | 'mention';
  /** Columns that stay; undefined keeps the whole record. */
  readonly keeps: readonly string[] | undefined;
  /** When what refers to it is no longer kept; undefined while that is open. */
  readonly until: Date | undefined;
}

export type Ground = RuleGround | HoldGround | ExceptionGround | OverrideGround | ReferenceGround;

/** A party, or `nobody` where the law leaves no choice. */
export type Overrider = Party | 'nobody';

/** `keep`: a business default stands against the request. `set_aside`: a ground does not stand in this case. */
export const OVERRIDE_KINDS = ['keep', 'set_aside'] as const;
export type OverrideKind = (typeof OVERRIDE_KINDS)[number];

/** A recorded decision, with its reason, that differs from what the schedule says. It reaches no hold. */
export interface Override {
  readonly kind: OverrideKind;
  /** A rule's id, or the name of an exception. */
  readonly of: string;
  readonly overrideId: string;
  /** In whose right it was made. It has effect on the grounds alone that this party may override. */
  readonly inRightOf: Party;
}

/** What an override names a ground by; undefined for those that none reaches. */
export function overridableName(ground: Ground): string | undefined {
  if (ground.kind === 'rule') return ground.ruleId;
  return ground.kind === 'exception' ? ground.exception : undefined;
}

/** A hold ends by its release alone. An exception is a state of a party's business, which that party can judge. */
export function overriderOf(ground: Ground): Overrider {
  if (ground.kind === 'rule') return ground.overridableBy;
  return ground.kind === 'exception' ? ground.party : 'nobody';
}

/** What names a ground among the others of a record. */
export function groundKey(ground: Ground): string {
  if (ground.kind === 'hold') return `hold:${ground.holdId}`;
  if (ground.kind === 'exception') return `exception:${ground.exception}`;
  if (ground.kind === 'override') return `override:${ground.overrideId}`;
  if (ground.kind === 'reference') return `reference:${ground.because}${ground.keeps ? '' : ':whole'}`;
  return `rule:${ground.ruleId}@${ground.version}`;
}
