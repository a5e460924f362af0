/** Events that lie in another collection, to which the row refers or which refers to the row: by the map's own edge. */
import { InvalidSchedule } from '../../domain/errors.ts';
import type { Collection, DataMap, Edge } from '../model.ts';
import { collectionsOf } from '../model.ts';
import type { PlacedCollection } from '../column-types.ts';
import type { ScheduledRule } from '../schedule/format.ts';

/** Beyond the positions of every plan: types of columns are known by collection and position. */
const FIRST_POSITION = 1_000_000;

/** The collections of a source that rules look through. */
export function throughCollections(
  map: Pick<DataMap, 'datasets'>,
  rules: readonly ScheduledRule[],
  source: string,
): readonly PlacedCollection[] {
  const named = new Set(rules.map(({ keep }) => keep.event.through));
  return collectionsOf(map)
    .filter((each) => named.has(each.ref) && each.source === source)
    .map((each, index) => placed(each, FIRST_POSITION + index));
}

function placed(collection: Collection, position: number): PlacedCollection {
  const { ref, tenant } = collection;
  if (tenant === undefined) throw new InvalidSchedule(`An event lies in ${ref}, which has no workspace column.`);
  return { ...collection, tenant, position };
}

/** From the event's collection to the row's, whichever way the map has it. Throws InvalidSchedule when it has none. */
export function edgeThrough(
  edges: readonly Edge[],
  collection: Pick<Collection, 'ref'>,
  far: Pick<Collection, 'ref'>,
  rule: string,
): Edge {
  const there = edges.find(({ from, to }) => from === far.ref && to === collection.ref);
  if (there) return there;
  const back = edges.find(({ from, to }) => from === collection.ref && to === far.ref);
  if (back === undefined)
    throw new InvalidSchedule(
      `Rule ${rule}: the data map has no reference between ${collection.ref} and ${far.ref}, where its event lies.`,
    );
  const on = back.on.map(({ from, to }) => ({ from: to, to: from }));
  return { ...back, from: back.to, to: back.from, on };
}
