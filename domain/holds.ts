/**
 * Holds: open-ended preservation orders. A hold is a predicate, not a copy: it covers whatever its scope describes at the
 * moment at which it is asked, so that placing one takes no longer for a million records than for one.
 */
import type { Identity } from './identities.ts';
import type { Party } from './parties.ts';
import { RETENTION_PURPOSES } from './retention/words.ts';
import type { Audience, RetentionPurpose } from './retention/words.ts';

/** A hold preserves for a cause. That the business would like to keep something is none. */
export type HoldPurpose = Exclude<RetentionPurpose, 'legitimate_business'>;
export const HOLD_PURPOSES = RETENTION_PURPOSES.filter(
  (purpose): purpose is HoldPurpose => purpose !== 'legitimate_business',
);

/** A record by its collection of the data map and its key columns. */
export interface HeldRecord {
  readonly collection: string;
  readonly key: Readonly<Record<string, string | number>>;
}

/**
 * What is present must all apply; without any part it is the whole workspace. Where a collection does not say when its
 * records arose, a range of dates covers all of them: a hold that is too wide loses nothing.
 */
export interface HoldScope {
  /** Whom: everything that the data map's search finds of them. */
  readonly subject?: readonly Identity[] | undefined;
  readonly records?: readonly HeldRecord[] | undefined;
  readonly classes?: readonly string[] | undefined;
  /** ISO 8601 dates, both days included. */
  readonly dates?: { readonly from?: string | undefined; readonly to?: string | undefined } | undefined;
}

/** A hold that is in force, pending ones included: from the moment at which it is written down it blocks. */
export interface ActiveHold {
  readonly holdId: string;
  readonly purpose: HoldPurpose;
  readonly party: Party;
  readonly visibility: Audience;
  readonly scope: HoldScope;
}

/** `pending`: not every source knows of it yet. It blocks all the same, except what is under way in those that do not. */
export const HOLD_STATES = ['pending', 'effective', 'released'] as const;
export type HoldState = (typeof HOLD_STATES)[number];

/** Names one hold; the input of its activities. */
export interface HoldRef {
  readonly workspaceId: string;
  readonly holdId: string;
}

/** How many sources could not be told of a hold. */
export interface FencesRaised {
  readonly pending: number;
}

/** `released`: before every source was told. */
export interface HoldConfirmed {
  readonly state: HoldState;
}

/** How many erasures are under way that were weighed while a released hold was in force: what it kept is to be looked at again. */
export interface ReleaseSettled {
  readonly waiting: number;
}

/** What an erasure that was under way had done in a collection before its source was told of a hold. */
export interface ErasedBefore {
  readonly erasureId: string;
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise';
  readonly rows: number;
}
