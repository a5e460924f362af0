/**
 * How surely a row that an identifier points at is the person's. An identifier that proves something makes it certain; one
 * that people share, such as a phone number, needs something beside it: that the row is the person's by another way too, or
 * bears the name of rows that are. What has neither is for a person to look at.
 */
import { comparableName } from '../../data-map/names.ts';

/** A row that an identifier points at. */
export interface Candidate {
  readonly source: string;
  readonly collection: string;
  readonly key: Readonly<Record<string, string>>;
  /** The identities that point at it, by their places in the request. */
  readonly identities: readonly number[];
  readonly weak: boolean;
  readonly mention: boolean;
  /** It is among the rows that strong identifiers lead to. */
  readonly found: boolean;
  /** The parts of the name that the row bears. */
  readonly name: readonly (string | null)[];
}

type Confidence = 'exact' | 'probable' | 'weak';

export type Weighed<C extends Candidate> = C & { readonly confidence: Confidence };

/**
 * `hasStrong`: whether an identifier that proves something was given. Where only weak ones were, the rows vouch for each
 * other as long as they bear one name. A mention is never certain, and a weak one never vouched for by a name: the row is
 * about somebody else.
 */
export function weighMatches<C extends Candidate>(
  candidates: readonly C[],
  { hasStrong }: { readonly hasStrong: boolean },
): readonly Weighed<C>[] {
  const bearing = candidates.filter(({ weak, mention }) => !mention && !(hasStrong && weak));
  const names = new Set(bearing.map(({ name }) => comparableName(name)).filter((name) => name !== undefined));
  const isVouched = (candidate: C): boolean => {
    if (candidate.mention) return false;
    const name = comparableName(candidate.name);
    return hasStrong ? name !== undefined && names.has(name) : names.size <= 1;
  };
  return candidates.map((candidate) => ({ ...candidate, confidence: confidenceOf(candidate, isVouched(candidate)) }));
}

function confidenceOf({ weak, mention, found }: Candidate, isVouched: boolean): Confidence {
  if (!weak) return mention ? 'probable' : 'exact';
  return found || isVouched ? 'probable' : 'weak';
}

/** Names a row within a request. */
export function rowId({ source, collection, key }: Pick<Candidate, 'source' | 'collection' | 'key'>): string {
  const parts = Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([source, collection, parts]);
}
