/**
 * A plan as SQL for PostgreSQL, its key sets carried by temporary tables: one a collection, with the key of every row
 * found and the round in which it was. They are created before the snapshot, for a read-only transaction may write
 * temporary tables but not create them. Every statement names the workspace.
 */
import type { ColumnTypes } from './column-types.ts';
import type { Route, Scope } from './follow.ts';
import { boundValues, keyColumn, keyOf, purposeOf, rowsAlong, rowsWith, valuesAlong } from './follow.ts';
import type { Plan, PlannedCollection } from './plan.ts';
import type { Predicate } from './predicates.ts';
import { BOUND_TABLE } from './binding.ts';
import { rowsBy } from './seeds.ts';
import type { Statement, Values } from './sql-text.ts';
import { Binds, column, tableName } from './sql-text.ts';

/** One row with the workspace, a column a collection, each of the type of that collection's tenant column. */
export const SCOPE_TABLE = 'pg_temp.steward_scope';

export function keyTable({ position }: PlannedCollection): string {
  return `pg_temp.steward_keys_${position}`;
}

export const scopeColumn = ({ position }: PlannedCollection): string => `s${position}`;

/** The temporary tables, typed as the source is by selecting nothing from it; to be run outside the snapshot. */
export function createTables({ collections }: Plan): readonly Statement[] {
  if (collections.length === 0) return [];
  const tenants = collections.map(
    (each) => `(SELECT ${column('t', each.tenant)} FROM ${tableName(each)} t LIMIT 1) AS ${scopeColumn(each)}`,
  );
  const scope = `CREATE TEMP TABLE ${SCOPE_TABLE} AS SELECT ${tenants.join(', ')} WITH NO DATA`;
  return [
    ...createKeySets({ collections }),
    { purpose: 'creating the table of the scope', text: scope, values: [] },
    {
      purpose: 'creating the table of what readings bind',
      text: `CREATE TEMP TABLE pg_temp.${BOUND_TABLE} (name text, value text)`,
      values: [],
    },
  ];
}

/** The key tables alone: for what is found to be compared with, and not to be read. */
export function createKeySets({ collections }: Pick<Plan, 'collections'>): readonly Statement[] {
  return collections.flatMap(createKeyTable);
}

function createKeyTable(collection: PlannedCollection): readonly Statement[] {
  const keys = collection.key.map((name, index) => `${column('t', name)} AS ${keyColumn(index)}`);
  const purpose = `creating the key table of ${collection.ref}`;
  const select = `SELECT ${keys.join(', ')}, 0 AS round FROM ${tableName(collection)} t`;
  return [
    { purpose, text: `CREATE TEMP TABLE ${keyTable(collection)} AS ${select} WITH NO DATA`, values: [] },
    { purpose, text: `ALTER TABLE ${keyTable(collection)} ADD PRIMARY KEY (${keyColumns(collection)})`, values: [] },
  ];
}

function keyColumns({ key }: PlannedCollection): string {
  return key.map((_, index) => keyColumn(index)).join(', ');
}

/** Binds the workspace for the COPY queries, which take no parameters. */
export function setScope({ collections }: Plan, tenantKey: string): Statement {
  const binds = new Binds();
  const values = collections.map(() => binds.add(tenantKey));
  const text = `INSERT INTO ${SCOPE_TABLE} VALUES (${values.join(', ')})`;
  return { purpose: 'setting the scope', text, values: binds.values };
}

/** Binds the values of a reading for its COPY query, in the place of what the same names had before. */
export function bindValues(values: ReadonlyMap<string, string>): Statement {
  const binds = new Binds();
  const names = `${binds.add([...values.keys()])}::text[]`;
  const gone = `DELETE FROM pg_temp.${BOUND_TABLE} WHERE name = ANY (${names})`;
  const rows = `SELECT * FROM unnest(${names}, ${binds.add([...values.values()])}::text[])`;
  const text = `WITH gone AS (${gone}) INSERT INTO pg_temp.${BOUND_TABLE} ${rows}`;
  return { purpose: 'binding the values of a reading', text, values: binds.values };
}

/** Finds the rows that satisfy one of the predicates, which are the seeds by default; undefined without any. */
export function seed(
  collection: PlannedCollection,
  tenantKey: string,
  round = 0,
  predicates: readonly Predicate[] = collection.seeds,
  isFirst = false,
): Statement | undefined {
  const binds = new Binds();
  const select = `${keyOf(collection)}, ${binds.add(round)}::integer`;
  const rows = rowsBy(predicates, collection, select, tenantKey, binds);
  if (rows === undefined) return undefined;
  return { purpose: `searching ${collection.ref}`, text: insertKeys(collection, rows, isFirst), values: binds.values };
}

/** Into a table without rows each goes once: to look for a conflict before each costs twice as much as to sort them out. */
function insertKeys(collection: PlannedCollection, select: string, isFirst: boolean): string {
  const into = `INSERT INTO ${keyTable(collection)} (${keyColumns(collection)}, round)`;
  return isFirst ? `${into}\nSELECT DISTINCT * FROM (${select}) found` : `${into}\n${select}\nON CONFLICT DO NOTHING`;
}

/** From which rows an edge is followed, and as which those that they lead to count. */
export interface Rounds {
  /** Only rows found in later rounds than this. */
  readonly after: number;
  readonly current: number;
  /** Whether none has been found yet of the collection that the edge leads to. */
  readonly isFirst?: boolean;
}

/** Follows an edge within the source; its row count is the number of rows that are new. */
export function follow(route: Route, { after, current, isFirst = false }: Rounds, scope: Scope): Statement {
  const binds = new Binds();
  const select = `${keyOf(route.to)}, ${binds.add(current)}::integer`;
  const rows = rowsAlong(route, keysAfter(route.from, after, binds), select, scope, binds);
  return { purpose: purposeOf(route), text: insertKeys(route.to, rows, isFirst), values: binds.values };
}

/** The values that an edge to another source goes by, as `v0`, `v1`, …, as text. */
export function carryOut(route: Route, after: number, scope: Scope): Statement {
  const binds = new Binds();
  const text = valuesAlong(route, keysAfter(route.from, after, binds), scope, binds);
  return { purpose: purposeOf(route), text, values: binds.values };
}

/** Finds the rows that values of another source lead to; its row count is the number of rows that are new. */
export function carryIn(
  route: Route,
  values: readonly Values[],
  { current, isFirst = false }: Omit<Rounds, 'after'>,
  scope: Scope,
  origin: ColumnTypes,
): Statement {
  const binds = new Binds();
  const select = `${keyOf(route.to)}, ${binds.add(current)}::integer`;
  const rows = rowsWith(route, boundValues(route, values, binds), select, scope, origin, binds);
  return { purpose: purposeOf(route), text: insertKeys(route.to, rows, isFirst), values: binds.values };
}

function keysAfter(collection: PlannedCollection, round: number, binds: Binds): string {
  if (round === 0) return keyTable(collection);
  return `(SELECT * FROM ${keyTable(collection)} WHERE round > ${binds.add(round)})`;
}

/** Tells PostgreSQL how many keys there are, which it would otherwise guess at; allowed in a read-only transaction. */
export function analyze(collections: readonly PlannedCollection[]): Statement {
  const text = `ANALYZE ${collections.map(keyTable).join(', ')}`;
  return { purpose: 'analysing the key tables', text, values: [] };
}

/** Rows of `position` and `found`, the latter as text, for it may be beyond 2^53. */
export function count({ collections }: Plan): Statement {
  const each = collections.map(
    (one) => `SELECT ${one.position} AS position, count(*)::text AS found FROM ${keyTable(one)}`,
  );
  return { purpose: 'counting the rows found', text: each.join(' UNION ALL '), values: [] };
}
