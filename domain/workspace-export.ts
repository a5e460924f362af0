/**
 * The export of a whole workspace: what it can be asked for, in which state it is, and what workflows and activities pass
 * each other about it: ids and counts, never keys of rows.
 */
import { REQUEST_TYPES } from './request.ts';

export const EXPORT_STATUSES = ['received', 'exporting', 'completed', 'cancelled'] as const;
export type ExportStatus = (typeof EXPORT_STATUSES)[number];

/** JSON Lines and CSV are compressed with gzip; Parquet compresses inside. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * What a controller can instruct us to do: what a person asks of it, to hand over its workspace, to see to its holds, to tell
 * importers that somebody was erased, or to erase what its retention schedule keeps no longer.
 */
export const INSTRUCTED_ACTIONS = [
  ...REQUEST_TYPES,
  'workspace_export',
  'hold_placement',
  'hold_release',
  'reimport_suppression',
  'retention_disposal',
] as const;
export type InstructedAction = (typeof INSTRUCTED_ACTIONS)[number];

export interface ExportRef {
  readonly workspaceId: string;
  readonly exportId: string;
}

/** One source of an export under one snapshot. A snapshot that is lost ends its generation, with all parts of it. */
export interface SourceRef extends ExportRef {
  readonly source: string;
  /** From 1. */
  readonly generation: number;
}

export interface PartRef extends SourceRef {
  /** Within the source, from 1. */
  readonly ordinal: number;
}

/** What an export has to go through. */
export interface ExportOrder {
  readonly sources: readonly string[];
  /** Parts written at a time. */
  readonly window: number;
}

/** The parts with rows come first; only they need the snapshot. */
export interface PartsPlan {
  readonly rowParts: number;
  readonly parts: number;
}

export interface StoredPart {
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  /** How many parts the source has by now: one that is too large is cut, and what is left becomes further parts. */
  readonly parts: number;
}

/** The input of exportParts: the parts from `next` to `last`, and what was stored before. */
export interface PartsRun extends SourceRef {
  readonly next: number;
  readonly last: number;
  readonly window: number;
  /** Whether a part may turn out to be too large, and become several. */
  readonly grows: boolean;
  readonly stored: { readonly parts: number; readonly rows: number; readonly bytes: number };
}

export interface ExportResult {
  readonly status: 'completed' | 'cancelled';
}
