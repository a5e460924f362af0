/**
 * Holds: open-ended preservation orders. A hold is a predicate, not a copy: it covers whatever its scope describes at the
 * moment at which it is asked, so that placing one takes no longer for a million records than for one.
 */
import type { Identity } from './identities.ts';
import type { Party } from './parties.ts';
import type { Audience, RetentionPurpose } from './retention/words.ts';

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
  readonly purpose: RetentionPurpose;
  readonly party: Party;
  readonly visibility: Audience;
  readonly scope: HoldScope;
}

export const HOLD_STATES = ['pending', 'effective', 'released'] as const;
export type HoldState = (typeof HOLD_STATES)[number];

/** Names one hold; the input of its activities. */
export interface HoldRef {
  readonly workspaceId: string;
  readonly holdId: string;
}
