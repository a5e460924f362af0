/** What workflows and activities pass each other: ids, counts, dates and words of closed lists, never personal data. */
import type { Regime } from './deadlines.ts';
import type { ReleaseDecision } from './release.ts';
import type { AwaitedDecision, Release, RequestOutcome, RequestType } from './request.ts';

/** Names one request; the input of nearly every activity. */
export interface RequestRef {
  readonly workspaceId: string;
  readonly requestId: string;
}

/** The input of dataSubjectRequest. Dates are ISO 8601 in UTC. */
export interface RequestRun extends RequestRef {
  readonly type: RequestType;
  readonly regime: Regime;
  readonly legalDueAt: string;
  readonly receivedAt: string;
  /** Runs that were started by version 0.1 have none: `immediate`. */
  readonly release?: Release;
  /** The how-manieth time it goes on after a partial answer; undefined in a request's first run. */
  readonly continues?: number;
}

/** Asks whoever is awaited. */
export interface Reminder {
  readonly about: Exclude<AwaitedDecision, 'instruction'>;
  /** Counts over the whole run. */
  readonly ordinal: number;
  /** They were asked before. */
  readonly again: boolean;
  /** The due date has passed. */
  readonly overdue: boolean;
}

/** How the searches by hand stand. */
export interface ManualSearches {
  readonly open: number;
  /** Files that were attached. */
  readonly attachments: number;
}

/** What was decided on the package as it is now; `redactions` are those in force. */
export interface ReleaseState {
  readonly decision: ReleaseDecision | 'awaited';
  readonly redactions: number;
}

/** What was found of the person. */
export interface LocateResult {
  readonly collections: number;
  readonly rows: number;
}

/** A package that is stored and has verified. */
export interface PackageResult {
  readonly packageId: string;
  readonly rows: number;
  readonly files: number;
  readonly missingFiles: number;
  readonly bytes: number;
}

/** Packages whose time was over. */
export interface ExpiryResult {
  readonly deleted: number;
  readonly failed: number;
}

/** What was removed from the object storage: uploads that nobody finishes, and objects that no record names. */
export interface SweepResult {
  readonly uploads: number;
  readonly objects: number;
}

export interface RequestResult {
  readonly outcome: RequestOutcome;
}
