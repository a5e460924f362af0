/**
 * From the map and a person's identities to a plan: which rows to start from and in which order to follow which edges.
 * A plan is plain data and says nothing about SQL, so that one plan serves export, erasure, rescan, restriction and
 * explanation, by whatever carries its key sets.
 */
import { InvalidDataMap } from '../domain/errors.ts';
import type { Identity } from '../domain/identities.ts';
import { startsIn } from './evidence.ts';
import type { Starts } from './evidence.ts';
import { components, reachable } from './graph.ts';
import { checkRedactions, handoverOf } from './handover.ts';
import type { Handover } from './handover.ts';
import type { Collection, CollectionRef, DataMap, Edge } from './model.ts';
import type { Predicate } from './predicates.ts';
import { checkSearchable } from './predicates.ts';
import type { SearchOptions } from './search-options.ts';
import type { Walk } from './walk.ts';
import { partOf, walkOf } from './walk.ts';

export interface PlannedCollection extends Collection {
  readonly tenant: string;
  /** Its place in the plan, from 0; names its key set. */
  readonly position: number;
  /** A row that satisfies any of them is the person's. */
  readonly seeds: readonly Predicate[];
  /** A row that satisfies any of them mentions the person: it is handed over, and where it leads is not followed. */
  readonly mentions: readonly Predicate[];
  readonly handover: Handover;
  /** The columns handed over, in the map's order. */
  readonly columns: readonly string[];
  /** The columns that the map redacts. */
  readonly omitted: readonly string[];
}

/** Collections that lead to each other, or a single one. Stages come in the order in which rows flow. */
interface Stage {
  readonly collections: readonly CollectionRef[];
  /** Edges from earlier stages, whose key sets are complete: followed once. */
  readonly once: readonly Edge[];
  /** Edges inside the stage: followed from the rows found last until no more are found. */
  readonly repeat: readonly Edge[];
}

/** Holds a person's identities in its seeds: never a workflow's input, never in a log. */
export interface Plan {
  readonly source: string;
  readonly mapVersion: string;
  /** Every collection has a tenant column, so every statement can name the workspace. */
  readonly tenantBound: true;
  /** In the map's order. */
  readonly collections: readonly PlannedCollection[];
  readonly stages: readonly Stage[];
  /** Whether some stage needs more than one round. */
  readonly cyclic: boolean;
}

/** A source that a search would reach and does not search, because nobody said how it knows the workspace. */
interface Unreached {
  readonly source: string;
  /** Where rows of the person may be. */
  readonly collections: readonly CollectionRef[];
}

/** A search of several sources: what to do in each, and what leads from one to another. */
export interface SearchPlan {
  readonly mapVersion: string;
  /** One a source that was asked for, in the map's order; empty where no identity leads to. */
  readonly plans: readonly Plan[];
  /** Edges between the plans, followed by carrying the values of their columns, until nothing new is found in any source. */
  readonly crossings: readonly Edge[];
  readonly unreached: readonly Unreached[];
}

/** The plan for one source by itself: what identities lead to there, without what other sources would lead to. */
export function planSearch(
  map: DataMap,
  source: string,
  identities: readonly Identity[],
  options: SearchOptions = {},
): Plan {
  const { plans } = planAcross(map, [source], identities, options);
  return plans[0] ?? { source, mapVersion: map.version, tenantBound: true, collections: [], stages: [], cyclic: false };
}

/**
 * The plan to find everything of one person in the sources named, which are those that know the workspace. Identities of a
 * type that no collection carries contribute nothing; without any the plans are empty. Throws InvalidInput when a value is
 * not of its identity's type, or a redaction names nothing of the map.
 */
export function planAcross(
  map: DataMap,
  sources: readonly string[],
  identities: readonly Identity[],
  options: SearchOptions = {},
): SearchPlan {
  checkSearchable(identities);
  checkRedactions(map, options);
  const everything = walkOf(map);
  const starts = new Map(everything.collections.map((each) => [each.ref, startsIn(map, each, identities, options)]));
  const walk = partOf(everything, (source) => sources.includes(source));
  const walked = walkedIn(walk, starts);
  const reached = reachedIn(walk, starts);
  const edges = walk.edges.filter(({ from }) => walked.has(from));
  const searched = [...new Set(map.datasets.map(({ source }) => source))].filter((each) => sources.includes(each));
  const plans = searched.map((source): Plan => {
    const collections = walk.collections
      .filter((each) => each.source === source && reached.has(each.ref))
      .map((each, position) => ({
        ...planCollection(each, position, starts.get(each.ref)),
        ...shownColumns(handoverOf(map, each, identities, options)),
      }));
    const refs = new Set(collections.map(({ ref }) => ref));
    const stages = stagesOf(
      collections,
      edges.filter(({ from, to }) => refs.has(from) && refs.has(to)),
    );
    const cyclic = stages.some(({ repeat }) => repeat.length > 0);
    return { source, mapVersion: map.version, tenantBound: true, collections, stages, cyclic };
  });
  return {
    mapVersion: map.version,
    plans,
    crossings: edges.filter(({ crossesSources }) => crossesSources),
    unreached: unreachedBy(everything, reachedIn(everything, starts), sources),
  };
}

type AllStarts = ReadonlyMap<CollectionRef, Starts>;

function walkedIn({ collections, edges }: Walk, starts: AllStarts): ReadonlySet<CollectionRef> {
  const begun = collections.filter(({ ref }) => (starts.get(ref)?.seeds ?? []).length > 0);
  return reachable(
    begun.map(({ ref }) => ref),
    edges,
  );
}

/** Also where the person is only mentioned. */
function reachedIn(walk: Walk, starts: AllStarts): ReadonlySet<CollectionRef> {
  const mentioning = walk.collections.filter(({ ref }) => (starts.get(ref)?.mentions ?? []).length > 0);
  return new Set([...walkedIn(walk, starts), ...mentioning.map(({ ref }) => ref)]);
}

function unreachedBy(
  { collections }: Walk,
  reached: ReadonlySet<CollectionRef>,
  sources: readonly string[],
): readonly Unreached[] {
  const beyond = collections.filter(({ ref, source }) => reached.has(ref) && !sources.includes(source));
  const bySource = Map.groupBy(beyond, ({ source }) => source);
  return [...bySource].map(([source, found]) => ({ source, collections: found.map(({ ref }) => ref) }));
}

function planCollection(
  collection: Collection,
  position: number,
  { seeds, mentions }: Starts = { seeds: [], mentions: [] },
) {
  const { ref, tenant, key } = collection;
  if (tenant === undefined) throw new InvalidDataMap(`The collection ${ref} has no tenant and cannot be searched.`);
  if (key.length === 0) throw new InvalidDataMap(`The collection ${ref} has no primary key and cannot be searched.`);
  return { ...collection, tenant, position, seeds, mentions };
}

function shownColumns(handover: Handover): Pick<PlannedCollection, 'handover' | 'columns' | 'omitted'> {
  return { handover, columns: handover.columns, omitted: handover.omitted };
}

function stagesOf(collections: readonly Collection[], edges: readonly Edge[]): readonly Stage[] {
  const refs = collections.map(({ ref }) => ref);
  return components(refs, edges).map((members): Stage => {
    const within = new Set(members);
    const into = edges.filter(({ to }) => within.has(to));
    return {
      collections: members,
      once: into.filter(({ from }) => !within.has(from)),
      repeat: into.filter(({ from }) => within.has(from)),
    };
  });
}
