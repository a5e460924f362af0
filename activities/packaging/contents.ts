/** What has been packed: the description from which index page, README and manifest are written. */
import type { Readable } from 'node:stream';
import type { Language } from '../../domain/languages.ts';
import type { Manifest, ManifestFile, MissingObject } from '../../domain/manifest.ts';
import type { Cell } from './json-cells.ts';

/** Whose package, on which request: what the manifest repeats. */
export interface PackageFacts
  extends Pick<
    Manifest,
    'packageId' | 'requestId' | 'requestType' | 'regime' | 'workspace' | 'instruction' | 'dataMapVersion'
  > {
  /** In which the package speaks to the person. */
  readonly language: Language;
  /** Where the controller is to be reached; undefined when nobody has said. */
  readonly contact?: string | undefined;
  readonly createdAt: Date;
}

/** A file that somebody found by hand in a system that is not connected. */
export interface Attachment {
  /** The system's name as people know it; files of one system share a folder. */
  readonly system: string;
  /** What it is, in a person's words. */
  readonly title?: string | undefined;
  /** The file's name as it was handed in; made safe here. */
  readonly name: string;
  readonly bytes: number;
  /** Its content, read once. Throws Unavailable while the storage is away. */
  open(): Promise<Readable>;
}

/** Something that was found and is kept back. Says what and why, and nothing of the content. */
export interface RedactionNote {
  /** What it is, as people know it: the label of a collection, of a column, of a thread. */
  readonly label: string;
  /**
   * A key of the catalogues' `exemptions` (`third_party`, `privilege`, …). Any other is shown in general words: "kept back
   * under an exemption that the law allows".
   */
  readonly exemption: string;
  /** How many rows; undefined when it is a column or everything of the label. */
  readonly rows: number | undefined;
}

/** A system that is searched by hand, with what came of it. */
export interface ManualSystem {
  readonly system: string;
  readonly outcome: 'attached' | 'nothing_found';
  /** What the searcher says for the person to read. */
  readonly statement?: string | undefined;
}

/** A source that may hold data of the person and was not searched: nobody has said how it knows the workspace. */
export interface UnreachedSource {
  readonly source: string;
  /** With the labels by which people know them. */
  readonly collections: readonly Pick<PackedCollection, 'collection' | 'label'>[];
}

/** What people add to what the machine finds. */
export interface Supplements {
  readonly attachments: readonly Attachment[];
  readonly redactions: readonly RedactionNote[];
  readonly manualSystems: readonly ManualSystem[];
}

export interface Column {
  readonly name: string;
  readonly label: string;
  readonly description?: string | undefined;
}

/** The pages of a collection too large for index.html. */
export interface PackedPages {
  /** In the archive; has `0001.html` and on, and `search-0001.js` and on. */
  readonly folder: string;
  readonly pages: number;
  /** How many rows they show: the first ones of the collection. */
  readonly rows: number;
  /** Rows a page. */
  readonly pageRows: number;
  readonly shards: number;
}

export interface PackedCollection {
  readonly source: string;
  /** `dataset.collection` of the data map. */
  readonly collection: string;
  readonly label: string;
  readonly kind: string;
  readonly description?: string | undefined;
  /** Columns of the files, in their order. */
  readonly columns: readonly Column[];
  /** Left out on the data map's word. */
  readonly omitted: readonly Column[];
  /** Left out because the person neither provided it nor was observed to; undefined where nobody asks for that. */
  readonly derived?: readonly Column[] | undefined;
  readonly rows: number;
  /** Rows that were found and are kept back. */
  readonly withheld?: number | undefined;
  /** Rows with others in them, and whether these were taken out. */
  readonly mixed?: { readonly rows: number; readonly takenOut: boolean } | undefined;
  /** The first rows, as many as the index page shows. */
  readonly sample: readonly (readonly Cell[])[];
  /** Undefined when there are no rows. */
  readonly files?: CollectionPaths;
  /** Undefined when index.html shows every row. */
  readonly pages?: PackedPages | undefined;
}

/** Of the rows in their formats, in the archive. */
export interface CollectionPaths {
  readonly json: string;
  readonly jsonl: string;
  readonly csv: string;
}

export interface PackedMedia {
  readonly collection: string;
  readonly file: ManifestFile;
}

export interface PackedAttachment {
  readonly system: string;
  readonly title: string | undefined;
  readonly file: ManifestFile;
}

export interface PackageContents extends Pick<Supplements, 'redactions' | 'manualSystems'> {
  readonly facts: PackageFacts;
  /** Source name to the time of its snapshot. */
  readonly snapshots: ReadonlyMap<string, Date>;
  /** Every collection that was searched, also those without rows, in the data map's order. */
  readonly collections: readonly PackedCollection[];
  readonly media: readonly PackedMedia[];
  readonly missing: readonly MissingObject[];
  readonly attachments: readonly PackedAttachment[];
  readonly unreached: readonly UnreachedSource[];
}

export const totalRows = ({ collections }: PackageContents): number =>
  collections.reduce((total, { rows }) => total + rows, 0);

/** Rows that were found and are kept back; an answer must not say then that nothing was found. */
export const withheldRows = ({ collections }: Pick<PackageContents, 'collections'>): number =>
  collections.reduce((total, { withheld = 0 }) => total + withheld, 0);

/** Files that are not the package's own: those of records and those found by hand. */
export const totalFiles = ({ media, attachments }: PackageContents): number => media.length + attachments.length;
