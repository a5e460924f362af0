/** Which rows evidence points at directly, before any edge is followed: what says why a row counts as the person's. */
import { nameColumns } from './names.ts';
import type { Collection } from './model.ts';
import type { Predicate } from './predicates.ts';
import { rowsBy } from './seeds.ts';
import type { Searchable } from './seeds.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column, quoteText, shownText } from './sql-text.ts';

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
  collection: Searchable,
  predicates: readonly Predicate[],
  tenantKey: string,
  limit: number,
): Statement | undefined {
  const binds = new Binds();
  const found = rowsBy(predicates, collection, shown(collection), tenantKey, binds);
  if (found === undefined) return undefined;
  const text = `SELECT key, name, identifiers FROM (${found}) found LIMIT ${binds.add(limit)}::integer`;
  return { purpose: `matching in ${collection.ref}`, text, values: binds.values };
}

/** The key columns of a row as a JSON object of texts. */
export function keyObject({ key }: Collection, alias: string): string {
  const parts = key.map((name) => `${quoteText(name)}, to_jsonb(${column(alias, name)}) #>> '{}'`);
  return `jsonb_build_object(${parts.join(', ')})`;
}

function shown(collection: Collection): string {
  const name = nameColumns(collection).map((each) => `${column('t', each)}::text`);
  const identifiers = collection.identities.map(({ at }) => shownText('t', at));
  return [
    `${keyObject(collection, 't')} AS key`,
    `ARRAY[${name.join(', ')}]::text[] AS name`,
    `ARRAY[${identifiers.join(', ')}]::text[] AS identifiers`,
  ].join(', ');
}
