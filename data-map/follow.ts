/** The SQL that follows an edge, over whatever relation carries the keys of the rows to start from. */
import type { ColumnTypes, PlacedCollection } from './column-types.ts';
import { areComparable, equalsCarried, equalsText } from './column-types.ts';
import type { Edge, FieldPair, FieldRef } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import type { Binds, Values } from './sql-text.ts';
import { column, elementText, elements, fieldValue, tableName, textValue } from './sql-text.ts';

/** An edge with its ends as their plans have them. */
export interface Route {
  readonly edge: Edge;
  readonly from: PlannedCollection;
  readonly to: PlannedCollection;
}

/** How a source knows the workspace, and the types of its columns. */
export interface Scope {
  readonly tenantKey: string;
  readonly types: ColumnTypes;
}

/** Positions instead of names: a key column may be called anything, `round` too. */
export const keyColumn = (index: number): string => `k${index}`;

const valueColumn = (index: number): string => `v${index}`;

/** The key columns of the table with the alias `t`. */
export function keyOf({ key }: PlannedCollection): string {
  return key.map((name) => column('t', name)).join(', ');
}

/** `alias.key = keys.k0 AND …` */
export function onKey(collection: PlannedCollection, alias: string, keys: string): string {
  return collection.key.map((name, index) => `${column(alias, name)} = ${keys}.${keyColumn(index)}`).join(' AND ');
}

/** A query of `select`, over the alias `t`, for the rows of the same source that the rows with the keys lead to. */
export function rowsAlong(route: Route, keys: string, select: string, scope: Scope, binds: Binds): string {
  const conditions = route.edge.on.map((pair) => pairCondition(route, pair, scope.types));
  return [`SELECT ${select}`, startsOf(route, keys, scope, binds), reached(route, conditions, scope, binds)].join('\n');
}

/** A query of the distinct values `v0`, `v1`, …, as text, by which the rows with the keys lead to another source. */
export function valuesAlong(route: Route, keys: string, scope: Scope, binds: Binds): string {
  const values = route.edge.on.map(({ from }) => textOf('f', from));
  const named = values.map((value, index) => `${value} AS ${valueColumn(index)}`);
  const present = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
  return [`SELECT DISTINCT ${named.join(', ')}`, startsOf(route, keys, scope, binds), `WHERE ${present}`].join('\n');
}

/**
 * A query of `select`, over the alias `t`, for the rows that a relation of values `v0`, `v1`, …, of another source leads to.
 * `origin` tells the types of the columns from which they come.
 */
export function rowsWith(
  route: Route,
  values: string,
  select: string,
  scope: Scope,
  origin: ColumnTypes,
  binds: Binds,
): string {
  const { from, to, edge } = route;
  const conditions = edge.on.map((pair, index) => {
    const value = `v.${valueColumn(index)}`;
    if (!isPlain(pair.to)) return `${textOf('t', pair.to)} = ${value}`;
    const itsType = isPlain(pair.from) ? origin(from, pair.from.column) : undefined;
    return equalsCarried(column('t', pair.to.column), scope.types(to, pair.to.column), value, itsType);
  });
  return [`SELECT ${select}`, `FROM ${values} v`, reached(route, conditions, scope, binds)].join('\n');
}

/** A relation of `v0`, `v1`, …, over arrays that are bound. */
export function boundValues({ edge }: Route, values: readonly Values[], binds: Binds): string {
  const arrays = edge.on.map((_, index) => `${binds.add(values.map((each) => each[index] ?? ''))}::text[]`);
  const names = edge.on.map((_, index) => valueColumn(index));
  return `(SELECT * FROM unnest(${arrays.join(', ')}) AS u(${names.join(', ')}))`;
}

/** For errors. */
export const purposeOf = ({ from, to }: Route): string => `following ${from.ref} to ${to.ref}`;

function startsOf({ from, edge }: Route, keys: string, scope: Scope, binds: Binds): string {
  const rows = withElements(
    from,
    'f',
    edge.on.map((pair) => pair.from),
  );
  return `FROM ${keys} k\nJOIN ${rows} ON ${onKey(from, 'f', 'k')} AND ${ofWorkspace(from, 'f', scope, binds)}`;
}

/** The rows that an edge ends at, of the workspace alone. */
function reached({ to, edge }: Route, conditions: readonly string[], scope: Scope, binds: Binds): string {
  const ends = edge.on.map((pair) => pair.to);
  return `JOIN ${withElements(to, 't', ends)} ON ${conditions.join(' AND ')}\nAND ${ofWorkspace(to, 't', scope, binds)}`;
}

function ofWorkspace({ tenant }: PlannedCollection, alias: string, { tenantKey }: Scope, binds: Binds): string {
  return `${column(alias, tenant)} = ${binds.add(tenantKey)}`;
}

/** The table, with a row for each element where the edge ends in a list; an edge with such an end has one pair only. */
function withElements(collection: PlannedCollection, alias: string, ends: readonly FieldRef[]): string {
  const table = `${tableName(collection)} ${alias}`;
  const list = ends.find(({ inList }) => inList);
  return list ? `(${table} CROSS JOIN LATERAL ${elements(alias, list)} AS ${alias}e(v))` : table;
}

interface PairEnds {
  readonly from: PlacedCollection;
  readonly to: PlacedCollection;
}

/** Over `f` and `t`, of one source. What comes out of JSON is text, whatever it is compared with. */
export function pairCondition({ from, to }: PairEnds, pair: FieldPair, types: ColumnTypes): string {
  if (!isPlain(pair.to)) return `${textOf('t', pair.to)} = ${textOf('f', pair.from)}`;
  const [own, other] = [types(to, pair.to.column), isPlain(pair.from) ? types(from, pair.from.column) : undefined];
  const its = column('t', pair.to.column);
  return isPlain(pair.from) && areComparable(own, other)
    ? `${its} = ${fieldValue('f', pair.from)}`
    : equalsText(its, own, textOf('f', pair.from));
}

const isPlain = ({ path, inList }: FieldRef): boolean => path.length === 0 && !inList;

function textOf(alias: string, at: FieldRef): string {
  return at.inList ? elementText(`${alias}e.v`) : textValue(alias, at);
}
