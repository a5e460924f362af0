/** Which rows evidence points at directly, before any edge is followed: what says why a row counts as the person's. */
import { nameColumns } from './names.ts';
import type { Collection } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import type { Predicate } from './predicates.ts';
import { rowsBy } from './seeds.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column, textValue } from './sql-text.ts';

/** A row as `matches` answers it. */
export interface MatchedRow {
  /** Its key columns, each as text. */
  readonly key: Readonly<Record<string, string>>;
  /** The parts of the name that it bears, in the order of `nameColumns`. */
  readonly name: readonly (string | null)[];
  /** The values of its identity fields, in the map's order. */
  readonly identifiers: readonly (string | null)[];
}

/** At most `limit` rows of the workspace that satisfy a predicate; undefined without any. */
export function matches(
  collection: PlannedCollection,
  predicates: readonly Predicate[],
  tenantKey: string,
  limit: number,
): Statement | undefined {
  const binds = new Binds();
  const found = rowsBy(predicates, collection, shown(collection, binds), tenantKey, binds);
  if (found === undefined) return undefined;
  const text = `SELECT key, name, identifiers FROM (${found}) found LIMIT ${binds.add(limit)}::integer`;
  return { purpose: `matching in ${collection.ref}`, text, values: binds.values };
}

function shown(collection: Collection, binds: Binds): string {
  const key = collection.key.map((name) => `${binds.add(name)}::text, to_jsonb(${column('t', name)}) #>> '{}'`);
  const name = nameColumns(collection).map((each) => `${column('t', each)}::text`);
  const identifiers = collection.identities.map(({ at }) => textValue('t', at));
  return [
    `jsonb_build_object(${key.join(', ')}) AS key`,
    `ARRAY[${name.join(', ')}]::text[] AS name`,
    `ARRAY[${identifiers.join(', ')}]::text[] AS identifiers`,
  ].join(', ');
}
