/** A plan in words, for an operator: where a search starts, which references it follows and in which order. */
import type { Identity } from '../domain/identities.ts';
import type { DataMap, Edge } from './model.ts';
import { collectionsOf, fieldName } from './model.ts';
import type { Plan, PlannedCollection, SearchPlan } from './plan.ts';

export interface ExplainedSearch {
  readonly mapVersion: string;
  /** Masked: who asks has typed them, and who looks over their shoulder has not. */
  readonly identities: readonly string[];
  readonly sources: readonly ExplainedSource[];
  /** References that go on in another source, followed until nothing new is found in any. */
  readonly crossings: readonly string[];
  /** Collections of sources that were not asked for. */
  readonly elsewhere: readonly string[];
  /** What people search, by its title. */
  readonly byHand: readonly string[];
}

export interface ExplainedSource {
  readonly source: string;
  readonly stages: readonly ExplainedStage[];
  /** Mapped collections of the source that no identity given leads to. */
  readonly notReached: readonly string[];
}

interface ExplainedStage {
  readonly collections: readonly string[];
  /** `column (how it is compared)`, by collection. */
  readonly searched: readonly string[];
  readonly followed: readonly string[];
  /** Followed again from each row that is new, until none is. */
  readonly repeated: readonly string[];
}

export function explainSearch(map: DataMap, search: SearchPlan, identities: readonly Identity[]): ExplainedSearch {
  return {
    mapVersion: search.mapVersion,
    identities: identities.map(masked),
    sources: search.plans.map((plan) => explainSource(map, plan)),
    crossings: search.crossings.map(arrow),
    elsewhere: search.unreached.flatMap(({ collections }) => collections),
    byHand: map.datasets.flatMap(({ manual }) => (manual ? [manual.title] : [])),
  };
}

function explainSource(map: DataMap, { source, collections, stages }: Plan): ExplainedSource {
  const reached = new Set(collections.map(({ ref }) => ref));
  const own = collectionsOf(map).filter((each) => each.source === source && !each.skipped);
  const byRef = new Map(collections.map((collection) => [collection.ref, collection]));
  return {
    source,
    stages: stages.map((stage) => ({
      collections: stage.collections,
      searched: stage.collections.flatMap((ref) => searchedIn(byRef.get(ref))),
      followed: stage.once.map(arrow),
      repeated: stage.repeat.map(arrow),
    })),
    notReached: own.map(({ ref }) => ref).filter((ref) => !reached.has(ref)),
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
