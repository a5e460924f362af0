/** Which rows a hold covers, as a condition over `k`, the row's key in the key table, and `t`, the row. */
import type { ActiveHold, HeldRecord, HoldScope } from '../../domain/holds.ts';
import type { ColumnTypes, PlacedCollection } from '../column-types.ts';
import { keyColumn } from '../follow.ts';
import type { Binds } from '../sql-text.ts';
import { column } from '../sql-text.ts';
import { dayOf } from './moments.ts';

/** Everything that its scope has must apply; its classes are looked at before. */
export function isHeld(
  collection: PlacedCollection,
  { hold, keySet }: { readonly hold: ActiveHold; readonly keySet: string | undefined },
  types: ColumnTypes,
  zone: string,
  binds: Binds,
): string {
  const { records, dates } = hold.scope;
  const own = (records ?? []).filter((record) => record.collection === collection.ref);
  const conditions = [
    ...(keySet === undefined ? [] : [`EXISTS (SELECT FROM ${keySet} h WHERE ${sameKey(collection)})`]),
    ...(records === undefined ? [] : [isRecord(collection, own, binds)]),
    ...(dates === undefined ? [] : [aroseIn(collection, dates, types, zone, binds)]),
  ];
  return conditions.join(' AND ') || 'true';
}

const sameKey = ({ key }: PlacedCollection): string =>
  key.map((_, index) => `h.${keyColumn(index)} = k.${keyColumn(index)}`).join(' AND ');

/** A record that does not name its whole key is every record of the collection, so that nothing is lost by it. */
export function isRecord(collection: PlacedCollection, records: readonly HeldRecord[], binds: Binds): string {
  const { key } = collection;
  if (records.some((record) => key.some((name) => record.key[name] === undefined))) return 'true';
  const own = key.map((_, index) => `lower(k.${keyColumn(index)}::text)`);
  const lists = key.map(
    (name) => `${binds.add(records.map((record) => String(record.key[name]).toLowerCase()))}::text[]`,
  );
  return `(${own.join(', ')}) IN (SELECT * FROM unnest(${lists.join(', ')}))`;
}

/** A row of which it is not known when it arose is covered by every range. */
function aroseIn(
  collection: PlacedCollection,
  { from, to }: NonNullable<HoldScope['dates']>,
  types: ColumnTypes,
  zone: string,
  binds: Binds,
): string {
  const type = collection.dated === undefined ? undefined : types(collection, collection.dated);
  if (collection.dated === undefined || !/^(date$|timestamp)/.test(type?.base ?? '')) return 'true';
  const day = dayOf(column('t', collection.dated), type, zone, collection.ref);
  const within = [
    ...(from === undefined ? [] : [`${day} >= ${binds.add(from)}::date`]),
    ...(to === undefined ? [] : [`${day} <= ${binds.add(to)}::date`]),
  ];
  return within.length === 0 ? 'true' : `coalesce(${within.join(' AND ')}, true)`;
}
