/**
 * The manifest of a package: what is in it, how much, and the digest of every file, so that somebody with the public key
 * alone can tell whether the package is whole and unaltered.
 */
export const MANIFEST_FORMAT = 'steward-package/1';

/** Names inside the archive. */
export const MANIFEST_FILE = 'manifest.json';
/** A detached JWS (RFC 7515 appendix F, RFC 7797) over the exact bytes of the manifest. */
export const SIGNATURE_FILE = 'manifest.jws.json';

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ManifestCollection {
  readonly source: string;
  /** `dataset.collection` of the data map. */
  readonly collection: string;
  readonly label: string;
  readonly kind: string;
  readonly rows: number;
  /** Columns left out of the package on the data map's word. */
  readonly omitted: readonly string[];
  /** Columns left out because the person neither provided them nor was observed to (GDPR Art. 20(1)). */
  readonly derived?: readonly string[] | undefined;
  /** Rows that were found and are kept back. */
  readonly withheld?: number | undefined;
  /** Rows that name other people, by e-mail address or phone number, and whether these were taken out. */
  readonly mixed?: { readonly rows: number; readonly takenOut: boolean } | undefined;
}

/** What was found and kept back, with the exemption in general words' key. */
interface ManifestOmission {
  readonly label: string;
  readonly exemption: string;
  /** Undefined when it is not rows that were kept back. */
  readonly rows?: number | undefined;
}

/** A file that somebody found in a system that is not connected. */
interface ManifestAttachment {
  readonly system: string;
  readonly path: string;
  readonly title?: string | undefined;
}

/** A system that was searched by hand. */
interface ManifestManualSystem {
  readonly system: string;
  readonly outcome: string;
  readonly statement?: string | undefined;
}

/** A source that may hold data of the person and was not searched: nobody has said how it knows the workspace. */
interface ManifestUnreached {
  readonly source: string;
  /** `dataset.collection` of the data map, where the data may be. */
  readonly collections: readonly string[];
}

/** An object that a row names and that the store does not have. */
export interface MissingObject {
  readonly collection: string;
  readonly path: string;
}

export interface Manifest {
  readonly format: typeof MANIFEST_FORMAT;
  readonly packageId: string;
  readonly requestId: string;
  readonly requestType: string;
  readonly regime: string;
  readonly workspace: { readonly id: string; readonly name: string };
  readonly instruction: { readonly id: string; readonly version: number };
  readonly dataMapVersion: string;
  /** When the data was as it stands in the package: the time of each source's snapshot, ISO 8601. */
  readonly snapshots: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly totals: { readonly rows: number; readonly files: number; readonly missingFiles: number };
  readonly collections: readonly ManifestCollection[];
  /** Every entry of the archive but the manifest and its signature. */
  readonly files: readonly ManifestFile[];
  readonly missing: readonly MissingObject[];
  /** Packages made before version 0.2 have none of the following. */
  readonly language?: string | undefined;
  readonly omissions?: readonly ManifestOmission[] | undefined;
  readonly attachments?: readonly ManifestAttachment[] | undefined;
  readonly manualSystems?: readonly ManifestManualSystem[] | undefined;
  readonly unreached?: readonly ManifestUnreached[] | undefined;
}
