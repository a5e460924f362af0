/** The data map as it is shown to people: what the console draws and the API answers. */
export interface MapDescription {
  /** SHA-256 in hex over what the files say. */
  readonly version: string;
  readonly datasets: readonly DescribedDataset[];
  readonly collections: readonly DescribedCollection[];
  readonly edges: readonly DescribedEdge[];
}

interface DescribedDataset {
  readonly key: string;
  readonly name: string;
  readonly source: string;
  /** People search it; Steward is not connected to it. */
  readonly byHand: boolean;
}

interface DescribedCollection {
  /** `dataset.collection`. */
  readonly ref: string;
  readonly dataset: string;
  readonly source: string;
  readonly label: string;
  readonly kind: string;
  readonly recordClass: string | null;
  /** Types of identity by which people are found in it. */
  readonly identities: readonly string[];
  /** Neither searched nor walked through. */
  readonly skipped: boolean;
  readonly skippedBecause: string | null;
}

/** Rows of `from` lead to rows of `to` that agree with them in every pair of fields. */
interface DescribedEdge {
  readonly from: string;
  readonly to: string;
  readonly on: readonly { readonly from: string; readonly to: string }[];
  readonly crossesSources: boolean;
}
