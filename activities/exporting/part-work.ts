/** What the writing of a part begins with, and what comes of it. */
import type { PartRef } from '../../domain/workspace-export.ts';
import type { Progress } from '../packaging/progress.ts';
import type { ExportFacts, SourceFacts } from './export-facts.ts';
import type { PartContents, PartRow } from './part-list.ts';

/** What went into a part, `contents` with the rows that there are. `left` are objects that it had no room for, in portions for further parts. */
export interface PartContent {
  readonly contents: PartContents;
  readonly rows: number;
  readonly files: number;
  readonly missing: readonly string[];
  readonly left: readonly (readonly string[])[];
}

/** A part that is to be written. */
export interface PartWork {
  readonly ref: PartRef;
  readonly order: ExportFacts;
  readonly source: SourceFacts;
  readonly row: PartRow;
}

export interface Watch {
  readonly progress: Progress;
  /** Stops the reading when aborted. */
  readonly signal: AbortSignal;
}
