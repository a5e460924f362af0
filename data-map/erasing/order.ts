/**
 * In which order the rows of a plan can be deleted, from the live foreign keys: what refers to something goes before it.
 * Where rows refer to each other in a circle, a reference that may be empty is emptied first in the rows that are erased
 * anyway; where none may be, constraints that can wait do so, and the circle goes in one transaction.
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { columnOf, isEnd, tableOf } from '../catalogue/model.ts';
import { components } from '../graph.ts';
import type { Collection, CollectionRef } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import { sideEffectRefusals } from './side-effects.ts';

/** A reference to be emptied in rows that are erased anyway. */
interface Nulling {
  readonly foreignKey: ForeignKey;
  /** Of its columns those that may be null; one empty column and it refers to nothing (MATCH SIMPLE). */
  readonly columns: readonly string[];
}

export interface ErasureStep {
  readonly collection: PlannedCollection;
  /** In rows of this collection: before the rows go that they refer to, which may be in an earlier step. */
  readonly nullings: readonly Nulling[];
  /** Constraints to be deferred in the transaction in which `together` goes. */
  readonly deferred: readonly string[];
  /** What refers to rows of this collection, from wherever: a batch must leave no row behind that still does. */
  readonly inbound: readonly ForeignKey[];
  /** Collections, this one included, of which all rows go in one transaction and each by one statement; mostly none. */
  readonly together: readonly CollectionRef[];
}

export interface ErasureOrder {
  /** The first step goes first. */
  readonly steps: readonly ErasureStep[];
  /** Why rows cannot be erased so, each naming what and where; with any, nothing may be. */
  readonly refusals: readonly string[];
}

/** Of planned collections of one source. `mapped` has all of the map there, for what it acknowledges outside the plan. */
export function orderOf(
  catalogue: Catalogue,
  collections: readonly PlannedCollection[],
  mapped: readonly Collection[] = collections,
): ErasureOrder {
  const arrows = arrowsOf(catalogue, collections);
  const broken = brokenBy(
    collections.map(({ ref }) => ref),
    arrows,
    ({ nullable }) => nullable.length > 0,
  );
  const left = arrows.filter((arrow) => !broken.includes(arrow));
  const groups = components(
    collections.map(({ ref }) => ref),
    left,
  );
  const steps = groups.flatMap((group) => stepsOf(group, { catalogue, collections, left, broken }));
  const refusals = groups.flatMap((group) => circleRefusals(group, left));
  return { steps, refusals: [...sideEffectRefusals(catalogue, collections, mapped), ...refusals] };
}

/** `from` goes before `to`. */
interface Arrow {
  readonly from: CollectionRef;
  readonly to: CollectionRef;
  /** Undefined when the map wants it so. */
  readonly foreignKey: ForeignKey | undefined;
  readonly nullable: readonly string[];
}

function arrowsOf(catalogue: Catalogue, collections: readonly PlannedCollection[]): readonly Arrow[] {
  const refs = new Set(collections.map(({ ref }) => ref));
  const wanted = collections.flatMap(({ ref, eraseAfter }) =>
    eraseAfter.filter((each) => refs.has(each) && each !== ref).map((each) => ({ from: each, to: ref })),
  );
  const keys = catalogue.foreignKeys.flatMap((foreignKey): readonly Arrow[] => {
    const [owners, targets] = [
      collections.filter((each) => isEnd(foreignKey.from, each)),
      collections.filter((each) => isEnd(foreignKey.to, each)),
    ];
    return owners.flatMap((owner) =>
      targets.map((target) => ({
        from: owner.ref,
        to: target.ref,
        foreignKey,
        nullable: nullableColumns(catalogue, foreignKey, owner),
      })),
    );
  });
  return [...keys, ...wanted.map((each) => ({ ...each, foreignKey: undefined, nullable: [] }))];
}

/**
 * The columns of a foreign key that can be emptied in a row that stays: it keeps its key and its workspace. What would go by
 * a cascade is bound by it all the same, for it would go unseen.
 */
export function emptiableColumns(
  catalogue: Catalogue,
  foreignKey: ForeignKey,
  owner: Pick<PlannedCollection, 'key' | 'tenant'> | undefined,
): readonly string[] {
  return foreignKey.onDelete === 'cascade' ? [] : nullableColumns(catalogue, foreignKey, owner);
}

function nullableColumns(
  catalogue: Catalogue,
  { from }: ForeignKey,
  owner: Pick<PlannedCollection, 'key' | 'tenant'> | undefined,
): readonly string[] {
  const table = tableOf(catalogue, from);
  const primary = table?.uniqueKeys.find((each) => each.primary)?.columns ?? [];
  const fixed = new Set([...primary, ...(owner === undefined ? [] : [...owner.key, owner.tenant])]);
  return from.columns.filter((name) => columnOf(table, name)?.nullable === true && !fixed.has(name));
}

/** As few arrows as it needs, of those that can be broken, so that there are no circles but of the others. */
function brokenBy(
  nodes: readonly CollectionRef[],
  arrows: readonly Arrow[],
  canBreak: (arrow: Arrow) => boolean,
): readonly Arrow[] {
  const taken: Arrow[] = [];
  for (;;) {
    const left = arrows.filter((arrow) => !taken.includes(arrow));
    const next = circling(nodes, left).find(canBreak);
    if (next === undefined) break;
    taken.push(next);
  }
  // What was taken first may have turned out not to be needed.
  let needed: readonly Arrow[] = taken;
  for (const arrow of taken) {
    const others = needed.filter((each) => each !== arrow);
    const left = arrows.filter((each) => !others.includes(each));
    if (!circling(nodes, left).includes(arrow)) needed = others;
  }
  return needed;
}

/** The arrows that are part of a circle. */
function circling(nodes: readonly CollectionRef[], arrows: readonly Arrow[]): readonly Arrow[] {
  const group = new Map(components(nodes, arrows).flatMap((members, index) => members.map((ref) => [ref, index])));
  return arrows.filter(({ from, to }) => group.get(from) === group.get(to));
}

interface Parts {
  readonly catalogue: Catalogue;
  readonly collections: readonly PlannedCollection[];
  readonly left: readonly Arrow[];
  readonly broken: readonly Arrow[];
}

function stepsOf(group: readonly CollectionRef[], { catalogue, collections, left, broken }: Parts): ErasureStep[] {
  const within = left.filter(({ from, to }) => group.includes(from) && group.includes(to));
  const deferred = within.flatMap(({ foreignKey }) => (foreignKey && canWait(foreignKey) ? [foreignKey.name] : []));
  const before = within.filter(({ foreignKey }) => foreignKey === undefined || !canWait(foreignKey));
  return components(group, before).flatMap((members) =>
    members.flatMap((ref) => {
      const collection = collections.find((each) => each.ref === ref);
      if (collection === undefined) return [];
      const nullings = broken.flatMap(({ from, foreignKey, nullable }) =>
        from === ref && foreignKey ? [{ foreignKey, columns: nullable }] : [],
      );
      return {
        collection,
        nullings,
        deferred,
        inbound: catalogue.foreignKeys.filter(({ to }) => isEnd(to, collection)),
        together: within.length > 0 ? group : [],
      };
    }),
  );
}

const canWait = ({ deferrable, onDelete }: ForeignKey): boolean => deferrable && onDelete === 'no action';

/** Rows that refer to rows of their own collection can go by one statement, unless the check is made row by row. */
function canStay({ from, to, foreignKey }: Arrow): boolean {
  return foreignKey !== undefined && (canWait(foreignKey) || (from === to && foreignKey.onDelete !== 'restrict'));
}

function circleRefusals(group: readonly CollectionRef[], left: readonly Arrow[]): readonly string[] {
  const within = left.filter(({ from, to }) => group.includes(from) && group.includes(to));
  const fixed = within.filter((arrow) => !canStay(arrow));
  const circles = circling(group, fixed);
  if (circles.length === 0) return [];
  const names = circles.map(({ from, to, foreignKey }) => foreignKey?.name ?? `erase_after of ${to} (${from})`);
  return [
    `${group.join(', ')}: their rows refer to each other and none can go first (${names.join(', ')}). Make one of the constraints deferrable or one of its columns nullable, or take erase_after away.`,
  ];
}
