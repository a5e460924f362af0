/**
 * From the map and a person's identities to a plan: which rows to start from and in which order to follow which edges.
 * A plan is plain data and says nothing about SQL, so that one plan serves export, erasure, rescan, restriction and
 * explanation, by whatever carries its key sets.
 */
import { InvalidDataMap } from '../domain/errors.ts';
import type { Identity } from '../domain/identities.ts';
import type { Combination } from '../domain/request.ts';
import { components, reachable } from './graph.ts';
import type { Collection, CollectionRef, DataMap, Edge } from './model.ts';
import { startsIn } from './evidence.ts';
import type { Starts } from './evidence.ts';
import { checkRedactions, handoverOf } from './handover.ts';
import type { Handover } from './handover.ts';
import type { Predicate } from './predicates.ts';
import { checkSearchable } from './predicates.ts';
import { walkOf } from './walk.ts';

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
export interface Stage {
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

/** A row of the source by its key columns. */
export interface RowRef {
  readonly collection: CollectionRef;
  readonly key: Readonly<Record<string, unknown>>;
}

/** A row that counts as the person's on somebody's word. */
export interface ConfirmedRow extends RowRef {
  /** It only mentions the person: where it leads is not followed. */
  readonly mention?: boolean;
}

/** What is not handed over although it is the person's: rows, columns of rows, whole columns or whole collections. */
export interface Redaction {
  readonly collection: CollectionRef;
  /** Undefined: every row. */
  readonly key?: Readonly<Record<string, unknown>>;
  /** Undefined: the row. */
  readonly column?: string;
}

/** How a search differs from "every row that any of the identities leads to, whole". */
export interface SearchOptions {
  readonly combine?: Combination;
  /** Types of identity that prove nothing alone: rows found by them count only when confirmed. */
  readonly uncertain?: readonly string[];
  /** Rows that count as the person's on somebody's word. */
  readonly confirmed?: readonly ConfirmedRow[];
  readonly redactions?: readonly Redaction[];
  /** Only what the person provided or what was observed of them (GDPR Art. 20(1)), by the map's word. */
  readonly provided?: boolean;
  /** Identifiers known to be the person's beside those searched with; they stay in texts that others are taken out of. */
  readonly own?: readonly Identity[];
}

/**
 * The plan to find everything of one person in one source. Identities of a type that no collection of the source carries
 * contribute nothing; without any the plan is empty. Throws InvalidInput when a value is not of its identity's type.
 */
export function planSearch(
  map: DataMap,
  source: string,
  identities: readonly Identity[],
  options: SearchOptions = {},
): Plan {
  checkSearchable(identities);
  checkRedactions(map, options);
  const walk = walkOf(map, source);
  const starts = new Map(walk.collections.map((each) => [each.ref, startsIn(map, each, identities, options)]));
  const begun = [...starts].filter(([, { seeds }]) => seeds.length > 0).map(([ref]) => ref);
  const mentioned = [...starts].filter(([, { mentions }]) => mentions.length > 0).map(([ref]) => ref);
  const walked = reachable(begun, walk.edges);
  const reached = new Set([...walked, ...mentioned]);
  const collections = walk.collections
    .filter(({ ref }) => reached.has(ref))
    .map((each, position) => planCollection(map, each, position, { identities, options, starts: starts.get(each.ref) }));
  const edges = walk.edges.filter(({ from }) => walked.has(from));
  const stages = stagesOf(collections, edges);
  const cyclic = stages.some(({ repeat }) => repeat.length > 0);
  return { source, mapVersion: map.version, tenantBound: true, collections, stages, cyclic };
}

interface Search {
  readonly identities: readonly Identity[];
  readonly options: SearchOptions;
  readonly starts: Starts | undefined;
}

function planCollection(map: DataMap, collection: Collection, position: number, search: Search): PlannedCollection {
  const { ref, tenant } = collection;
  if (tenant === undefined) throw new InvalidDataMap(`The collection ${ref} has no tenant and cannot be searched.`);
  const handover = handoverOf(map, collection, search.identities, search.options);
  const { columns, omitted } = handover;
  return { ...collection, tenant, position, seeds: [], mentions: [], ...search.starts, handover, columns, omitted };
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
