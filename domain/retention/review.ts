/** What the retention review's runs and activities pass each other: ids, names of the schedule, counts and dates. */

export interface ReviewedWorkspace {
  readonly workspaceId: string;
}

/** One run over one workspace. */
export interface ReviewRef extends ReviewedWorkspace {
  readonly reviewId: string;
}

export interface ReviewedClass extends ReviewRef {
  readonly recordClass: string;
}

/** Why something was not reviewed. `recordClass` is undefined of what concerns all of it. */
export interface ReviewProblem {
  readonly recordClass: string | undefined;
  /** The code of an error. */
  readonly problem: string;
}

/** `due`: what nothing keeps any more by the schedule; each of the others is a part of it. */
export interface ReviewCounts {
  readonly due: number;
  readonly erased: number;
  /** Kept by a hold, a state of the business or records that refer to it; or because people said so. */
  readonly retained: number;
  /** For people's approval. */
  readonly waiting: number;
}

export interface ReviewSurvey {
  /** The classes of which something is due, or was approved, or is not carried out yet. */
  readonly classes: readonly string[];
  /** Holds of the workspace whose day of review has passed. They hold all the same. */
  readonly holdsToReview: number;
}

export interface ReviewFinished extends ReviewCounts {
  readonly errors: number;
  readonly holdsToReview: number;
}

/** Some of the workspaces, by id. `next` is where to go on; undefined after the last. */
export interface ReviewPage {
  readonly workspaces: readonly string[];
  readonly next: string | undefined;
}

/** Where a run over all workspaces goes on after it has continued as new. */
export interface ReviewProgress {
  readonly after: string;
  readonly reviewed: number;
  readonly failed: number;
  /** Workspaces with something for somebody to see to. */
  readonly flagged: number;
}

export const FINDING_OUTCOMES = ['erased', 'waiting', 'retained'] as const;
export type FindingOutcome = (typeof FINDING_OUTCOMES)[number];

export const PROPOSAL_STATES = ['waiting', 'approved', 'rejected', 'carried_out', 'lapsed'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];
