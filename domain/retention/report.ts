/**
 * The report of one retention review over one workspace: the processor's signed statement of what was due, what was erased,
 * what was retained and why, what waits for people, and what could not be done. One rendering for each audience.
 */
import type { ShownGround } from './rendering.ts';
import type { FindingOutcome, ProposalState, ReviewCounts } from './review.ts';

export const RETENTION_REPORT_FORMAT = 'steward-retention-report/1';

/** Persons are told of their own data alone, and a review is of a workspace. */
export const REPORT_AUDIENCES = ['processor', 'controller'] as const;
export type ReportAudience = (typeof REPORT_AUDIENCES)[number];

/** Records of a collection that agree in their grounds. Dates are ISO 8601 in UTC with milliseconds. */
export interface ReportedRecords {
  readonly source: string;
  readonly collection: string;
  readonly outcome: FindingOutcome;
  readonly rows: number;
  /** Of what is retained, as far as the audience may know them; null of the others. */
  readonly grounds: readonly ShownGround[] | null;
  /** When the last of them is no longer kept, as far as that is known and may be; null is open. */
  readonly keptUntil: string | null;
}

export interface ReportedClass extends ReviewCounts {
  readonly recordClass: string;
  readonly records: readonly ReportedRecords[];
}

/** It is of what had ended by `asOf`. */
interface ReportedProposal {
  readonly id: string;
  readonly recordClass: string;
  readonly state: ProposalState;
  readonly asOf: string;
  readonly rows: number;
  readonly approvalsNeeded: number;
}

/** Of Steward's own: packages that were deleted since the last review, and records of its work that have ended. */
export interface OwnRecords {
  readonly packages: number;
  readonly idempotencyKeys: number;
  readonly messages: number;
}

export interface RetentionReport {
  readonly format: typeof RETENTION_REPORT_FORMAT;
  readonly audience: ReportAudience;
  readonly reviewId: string;
  readonly workspace: { readonly id: string; readonly name: string };
  /** Due is what had ended by then. */
  readonly asOf: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly versions: { readonly dataMap: string; readonly schedule: string | null; readonly software: string };
  readonly totals: ReviewCounts;
  readonly classes: readonly ReportedClass[];
  /** The erasures that ended in this run. The root is over the keyed hashes of what was erased. */
  readonly erasures: readonly {
    readonly erasureId: string;
    readonly recordClass: string;
    readonly root: string | null;
    readonly leaves: number | null;
  }[];
  /** Those that are open. */
  readonly proposals: readonly ReportedProposal[];
  /** Requests that had been answered in part and went on. */
  readonly continuedRequests: number;
  readonly ownRecords: OwnRecords;
  /** Holds whose day of review has passed. They stand until they are released. */
  readonly holdsToReview: readonly string[];
  /** Sources that know the workspace and are not connected for erasing: nothing in them was looked at. */
  readonly notReviewed: readonly string[];
  /** By the code of what went wrong; of all of it when the class is null. */
  readonly errors: readonly { readonly recordClass: string | null; readonly problem: string }[];
  /** When the forecast was made; null where there is none. */
  readonly forecastAsOf: string | null;
  /** By the schedule alone: what holds, states of the business and other records keep is among it. */
  readonly forecast: readonly { readonly month: string; readonly recordClass: string; readonly rows: number }[];
}

/** Empty when all that it says in two places agrees. */
export function contradictionsInReport({ totals, classes }: RetentionReport): readonly string[] {
  const sums = (of: readonly ReviewCounts[]): ReviewCounts => ({
    due: sum(of.map(({ due }) => due)),
    erased: sum(of.map(({ erased }) => erased)),
    retained: sum(of.map(({ retained }) => retained)),
    waiting: sum(of.map(({ waiting }) => waiting)),
  });
  const agree = (a: ReviewCounts, b: ReviewCounts): boolean =>
    a.due === b.due && a.erased === b.erased && a.retained === b.retained && a.waiting === b.waiting;
  const isWhole = ({ due, erased, retained, waiting }: ReviewCounts): boolean => due === erased + retained + waiting;
  const wrong = classes.filter((each) => !agree(each, countsOf(each.records)) || !isWhole(each));
  return [
    ...wrong.map(({ recordClass }) => `the figures of ${recordClass} are not the sums of its records`),
    ...(agree(totals, sums(classes)) && isWhole(totals) ? [] : ['the totals are not the sums of the classes']),
  ];
}

export function countsOf(records: readonly Pick<ReportedRecords, 'outcome' | 'rows'>[]): ReviewCounts {
  const of = (outcome: FindingOutcome) =>
    sum(records.filter((each) => each.outcome === outcome).map(({ rows }) => rows));
  return {
    due: sum(records.map(({ rows }) => rows)),
    erased: of('erased'),
    retained: of('retained'),
    waiting: of('waiting'),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
