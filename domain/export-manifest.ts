/**
 * The manifest of a workspace export: one over all its parts, so that somebody with the public key alone can tell whether
 * every part is there, whole and unaltered. It travels in part 0, beside its signature (see MANIFEST_FILE).
 */
import type { ExportFormat } from './workspace-export.ts';

export const EXPORT_MANIFEST_FORMAT = 'steward-workspace-export/1';

/** The file that a part is downloaded as; part 0 holds the manifest. */
export const exportPartName = (exportId: string, part: number): string =>
  `steward-export-${exportId}-part-${String(part).padStart(5, '0')}.zip`;

interface ExportedSource {
  readonly source: string;
  /** When the data was as it stands in every part of this source: the time of its one snapshot, ISO 8601. */
  readonly snapshotAt: string;
  /** How often the source was begun again because its snapshot was lost. Nothing of those attempts is in the export. */
  readonly restarts: number;
}

export interface ExportedRows {
  readonly source: string;
  /** `dataset.collection` of the data map. */
  readonly collection: string;
  readonly label: string;
  readonly kind: string;
  /** As counted in the snapshot, and as the parts have them. */
  readonly rows: number;
  readonly parts: number;
  readonly columns: readonly string[];
  /** Columns left out because the data map redacts them. */
  readonly omitted: readonly string[];
}

/** What a mapped source has and the export has not, and why. */
interface LeftOut {
  readonly source: string;
  readonly collection: string;
  readonly reason: string;
}

export interface ExportPart {
  /** From 1, without gaps. */
  readonly part: number;
  readonly name: string;
  readonly source: string;
  /** The rows of each collection; empty for a part with files. */
  readonly collections: readonly { readonly collection: string; readonly rows: number }[];
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  /** Of the part as it is downloaded; lower-case hex. */
  readonly sha256: string;
}

/** An object that a row names and that the store does not have. */
interface MissingExportObject {
  readonly store: string;
  readonly object: string;
}

export interface ExportManifest {
  readonly format: typeof EXPORT_MANIFEST_FORMAT;
  readonly exportId: string;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly instruction: { readonly id: string; readonly version: number };
  readonly dataMapVersion: string;
  readonly formats: readonly ExportFormat[];
  readonly createdAt: string;
  readonly sources: readonly ExportedSource[];
  readonly restarts: number;
  readonly totals: {
    readonly parts: number;
    readonly rows: number;
    readonly files: number;
    readonly missingFiles: number;
    readonly bytes: number;
  };
  readonly collections: readonly ExportedRows[];
  readonly leftOut: readonly LeftOut[];
  readonly parts: readonly ExportPart[];
  readonly missing: readonly MissingExportObject[];
}
