/** What has been packed: the description from which index page, README and manifest are written. */
import type { Manifest, ManifestFile, MissingObject } from '../../domain/manifest.ts';
import type { Row } from './values.ts';

/** Whose package, on which request: what the manifest repeats. */
export interface PackageFacts
  extends Pick<
    Manifest,
    'packageId' | 'requestId' | 'requestType' | 'regime' | 'workspace' | 'instruction' | 'dataMapVersion'
  > {
  readonly createdAt: Date;
}

export interface Column {
  readonly name: string;
  readonly label: string;
}

export interface PackedCollection {
  readonly source: string;
  /** `dataset.collection` of the data map. */
  readonly collection: string;
  readonly label: string;
  readonly kind: string;
  /** Columns of the files, in their order. */
  readonly columns: readonly Column[];
  /** Left out on the data map's word. */
  readonly omitted: readonly Column[];
  readonly rows: number;
  /** The first rows, as many as the index page shows. */
  readonly sample: readonly Row[];
  /** Paths in the archive; undefined when there are no rows. */
  readonly json?: string;
  readonly csv?: string;
}

export interface PackedMedia {
  readonly collection: string;
  readonly file: ManifestFile;
}

export interface PackageContents {
  readonly facts: PackageFacts;
  /** Source name to the time of its snapshot. */
  readonly snapshots: ReadonlyMap<string, Date>;
  /** Every collection that was searched, also those without rows, in the data map's order. */
  readonly collections: readonly PackedCollection[];
  readonly media: readonly PackedMedia[];
  readonly missing: readonly MissingObject[];
}

export const totalRows = ({ collections }: PackageContents): number =>
  collections.reduce((total, { rows }) => total + rows, 0);
