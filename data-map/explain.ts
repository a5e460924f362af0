/** A plan in words, for an operator: where a search starts, which references it follows and in which order. */
import type { Identity } from '../domain/identities.ts';
import type { DataMap, Edge } from './model.ts';
import { collectionsOf, fieldName } from './model.ts';
import type { Plan, PlannedCollection } from './plan.ts';

export interface ExplainedPlan {
  readonly source: string;
  readonly mapVersion: string;
  /** Masked: who asks has typed them, and who looks over their shoulder has not. */
  readonly identities: readonly string[];
  readonly stages: readonly ExplainedStage[];
  /** Mapped collections of the source that no identity given leads to. */
  readonly notReached: readonly string[];
  /** `source: collection -> collection` of references that go on in another source. */
  readonly intoOtherSources: readonly string[];
}

interface ExplainedStage {
  readonly collections: readonly string[];
  /** `column (how it is compared)`, by collection. */
  readonly searched: readonly string[];
  readonly followed: readonly string[];
  /** Followed again from each row that is new, until none is. */
  readonly repeated: readonly string[];
}

export function explainPlan(map: DataMap, plan: Plan, identities: readonly Identity[]): ExplainedPlan {
  const reached = new Set(plan.collections.map(({ ref }) => ref));
  const own = collectionsOf(map).filter(({ source, skipped }) => source === plan.source && !skipped);
  const byRef = new Map(plan.collections.map((collection) => [collection.ref, collection]));
  return {
    source: plan.source,
    mapVersion: plan.mapVersion,
    identities: identities.map(masked),
    stages: plan.stages.map(({ collections, once, repeat }) => ({
      collections,
      searched: collections.flatMap((ref) => searchedIn(byRef.get(ref))),
      followed: once.map(arrow),
      repeated: repeat.map(arrow),
    })),
    notReached: own.map(({ ref }) => ref).filter((ref) => !reached.has(ref)),
    intoOtherSources: map.edges.filter(({ from, crossesSources }) => crossesSources && reached.has(from)).map(arrow),
  };
}

/** Its type and enough to recognise one's own typing by: the first character, or a number's last two digits. */
function masked({ type, value }: Identity): string {
  const shown = type === 'phone_number' ? `•••${value.slice(-2)}` : `${value.slice(0, 1)}•••`;
  return `${type} ${shown}`;
}

const HOW: Readonly<Record<string, string>> = {
  email: 'in any case, with and without a sub-address',
  phone: 'by its digits, in every usual spelling',
  exact: 'as it is',
  mention: 'as a word of its text',
};

function searchedIn(collection: PlannedCollection | undefined): readonly string[] {
  if (collection === undefined) return [];
  return [...collection.seeds, ...collection.mentions].flatMap((predicate) =>
    'at' in predicate
      ? [`${collection.ref}.${fieldName(predicate.at)} (${HOW[predicate.kind] ?? predicate.kind})`]
      : [],
  );
}

function arrow({ from, to, on }: Edge): string {
  const pairs = on.map((pair) => `${fieldName(pair.to)} = ${fieldName(pair.from)}`);
  return `${from} -> ${to} (${pairs.join(', ')})`;
}
