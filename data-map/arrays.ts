/**
 * A plan as SQL for PostgreSQL that only reads: keys come as bound arrays of text and go as columns of text. Every statement
 * names the workspace.
 */
import type { ColumnTypes } from './column-types.ts';
import type { Reading } from './copy.ts';
import { columnsRead, jsonLine, ofRowsFound } from './copy.ts';
import type { Route, Scope } from './follow.ts';
import { boundValues, keyColumn, onKey, purposeOf, rowsAlong, rowsWith, valuesAlong } from './follow.ts';
import type { PlannedCollection } from './plan.ts';
import type { Predicate } from './predicates.ts';
import { BOUND_TABLE } from './binding.ts';
import { rowsBy } from './seeds.ts';
import type { Statement, Values } from './sql-text.ts';
import { Binds, column, tableName } from './sql-text.ts';

/** Keys by their columns: an array for each column, all of one length. */
export type KeyColumns = readonly (readonly string[])[];

/** The keys of the rows that satisfy a predicate; undefined without any. */
export function boundSeed(
  collection: PlannedCollection,
  predicates: readonly Predicate[],
  tenantKey: string,
): Statement | undefined {
  const binds = new Binds();
  const text = rowsBy(predicates, collection, keyText(collection), tenantKey, binds);
  return text === undefined ? undefined : { purpose: `searching ${collection.ref}`, text, values: binds.values };
}

/** The keys of the rows of the same source that rows with these keys lead to; not each once. */
export function boundFollow(route: Route, keys: KeyColumns, scope: Scope): Statement {
  const binds = new Binds();
  const text = rowsAlong(route, boundKeys(route.from, keys, scope, binds), keyText(route.to), scope, binds);
  return { purpose: purposeOf(route), text, values: binds.values };
}

/** The values that an edge to another source goes by. */
export function boundCarryOut(route: Route, keys: KeyColumns, scope: Scope): Statement {
  const binds = new Binds();
  const text = valuesAlong(route, boundKeys(route.from, keys, scope, binds), scope, binds);
  return { purpose: purposeOf(route), text, values: binds.values };
}

/** The keys of the rows that values of another source lead to; not each once. */
export function boundCarryIn(route: Route, values: readonly Values[], scope: Scope, origin: ColumnTypes): Statement {
  const binds = new Binds();
  const text = rowsWith(route, boundValues(route, values, binds), keyText(route.to), scope, origin, binds);
  return { purpose: purposeOf(route), text, values: binds.values };
}

/** The keys themselves, in the order of their own types. */
export function boundOrder(collection: PlannedCollection, keys: KeyColumns, scope: Scope): Statement {
  const binds = new Binds();
  const columns = collection.key.map((_, index) => `k.${keyColumn(index)}`);
  const text = `SELECT ${columns.map((each) => `${each}::text`).join(', ')} FROM ${boundKeys(collection, keys, scope, binds)} k ORDER BY ${columns.join(', ')}`;
  return { purpose: `ordering the keys of ${collection.ref}`, text, values: binds.values };
}

/** The rows with these keys, in their order: one column of JSON. */
export function boundRead(collection: PlannedCollection, reading: Reading, keys: KeyColumns, scope: Scope): Statement {
  const binds = new Binds();
  const order = collection.key.map((_, index) => `k.${keyColumn(index)}`).join(', ');
  const rows = [
    `SELECT ${columnsRead(reading)}`,
    `FROM ${boundKeys(collection, keys, scope, binds)} k`,
    `JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'k')}`,
    `AND ${column('t', collection.tenant)} = ${binds.add(scope.tenantKey)}`,
    ...(reading.condition === undefined ? [] : [`WHERE ${ofRowsFound(collection, reading.condition)}`]),
    `ORDER BY ${order}`,
  ].join('\n');
  const query = `SELECT ${jsonLine('r')} FROM (${rows}) r`;
  const text = reading.bound ? `${withValues(reading.bound, binds)} ${query}` : query;
  return { purpose: `reading ${collection.ref}`, text, values: binds.values };
}

function withValues(values: ReadonlyMap<string, string>, binds: Binds): string {
  const rows = `unnest(${binds.add([...values.keys()])}::text[], ${binds.add([...values.values()])}::text[])`;
  return `WITH ${BOUND_TABLE}(name, value) AS (SELECT * FROM ${rows})`;
}

function keyText({ key }: PlannedCollection): string {
  return key.map((name) => `${column('t', name)}::text`).join(', ');
}

/** A relation of `k0`, `k1`, …, each of its column's type, so that an index of the key serves. */
function boundKeys(collection: PlannedCollection, keys: KeyColumns, { types }: Scope, binds: Binds): string {
  const names = collection.key.map((_, index) => keyColumn(index));
  const arrays = names.map((_, index) => `${binds.add(keys[index] ?? [])}::text[]`);
  const typed = collection.key.map((name, index) => {
    const type = types(collection, name)?.name ?? 'text';
    return `u.${keyColumn(index)}::${type} AS ${keyColumn(index)}`;
  });
  return `(SELECT ${typed.join(', ')} FROM unnest(${arrays.join(', ')}) AS u(${names.join(', ')}))`;
}
