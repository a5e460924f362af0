/** What the activities of an erasure answer their workflow: ids, counts, dates and words of closed lists. */
import type { RequestOutcome } from './request.ts';

/** What happens to a record. `pseudonymise` keeps the columns that its grounds name and masks the others. */
export const ERASURE_ACTIONS = ['erase', 'pseudonymise', 'retain'] as const;
export type ErasureAction = (typeof ERASURE_ACTIONS)[number];

/** A plan that was made: every record of the person has a decision now. */
export interface ErasurePlanned {
  readonly erasureId: string;
  /** Rises with each plan of the erasure. */
  readonly generation: number;
  readonly erase: number;
  readonly pseudonymise: number;
  readonly retain: number;
  /** Decisions, not records, that nobody has approved yet. */
  readonly pending: number;
}

/**
 * How the review stands. `stale`: a hold, an override or the schedule has changed since it was planned, so it is to be
 * planned again before anybody decides on it.
 */
export interface ErasureReviewState {
  readonly state: 'awaited' | 'approved' | 'rejected' | 'stale';
  readonly pending: number;
}

/** ISO 8601; undefined when the workspace has none. */
export interface CoolingOff {
  readonly until: string | undefined;
}

/**
 * `stale`: a hold was placed, or records have changed or appeared, since the plan was approved: what is left of it is to be
 * planned again. What is erased by then stands in the ledger and is no longer part of any plan.
 */
export interface Erased {
  readonly outcome: 'erased' | 'stale';
  /** Over all attempts, from the ledger. */
  readonly erased: number;
  readonly pseudonymised: number;
}

export interface ErasedMedia {
  readonly objects: number;
}

/** `residuals` are records, texts and objects outside what is to be left. */
export interface ErasureVerified {
  readonly residuals: number;
}

export interface ErasureCertified {
  readonly certificateId: string;
  /** Records that are retained, pseudonymised ones included. */
  readonly retained: number;
  readonly erased: number;
  /** ISO 8601: when the first ground of a retained record ends; undefined when none ends by itself. */
  readonly reviewAt: string | undefined;
}

/** Of an erasure that goes on: something is left that was not to be. */
export interface FailureCertified {
  readonly certificateId: string;
}

/** `left`: those of which something was found that was not to be left. */
export interface RawSearchResult {
  readonly erasures: number;
  readonly left: number;
}

/** `partially_completed` while anything is retained: the request goes on when a ground ends. */
export interface ErasureClosed {
  readonly status: 'completed' | 'partially_completed';
  readonly outcome: RequestOutcome;
}
