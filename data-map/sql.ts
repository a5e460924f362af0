/**
 * A plan as SQL for PostgreSQL, its key sets carried by temporary tables: one a collection, with the key of every row
 * found and the round in which it was. They are created before the snapshot, for a read-only transaction may write
 * temporary tables but not create them. Every statement names the workspace.
 */
import type { Edge, FieldPair } from './model.ts';
import type { Plan, PlannedCollection, Stage } from './plan.ts';
import type { Predicate } from './predicates.ts';
import { bindForCopy } from './projection.ts';
import { rowsBy } from './seeds.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column, fieldValue, tableName, textValue } from './sql-text.ts';

/** One row with the workspace, a column a collection, each of the type of that collection's tenant column. */
export const SCOPE_TABLE = 'pg_temp.steward_scope';

export function keyTable({ position }: PlannedCollection): string {
  return `pg_temp.steward_keys_${position}`;
}

/** Positions instead of names: a key column may be called anything, `round` too. */
export const keyColumn = (index: number): string => `k${index}`;

export const scopeColumn = ({ position }: PlannedCollection): string => `s${position}`;

/** `alias.key = keys.k0 AND …` */
export function onKey(collection: PlannedCollection, alias: string, keys: string): string {
  return collection.key.map((name, index) => `${column(alias, name)} = ${keys}.${keyColumn(index)}`).join(' AND ');
}

/** The temporary tables, typed as the source is by selecting nothing from it; to be run outside the snapshot. */
export function createTables(plan: Plan): readonly Statement[] {
  const { collections } = plan;
  if (collections.length === 0) return [];
  const tenants = collections.map(
    (each) => `(SELECT ${column('t', each.tenant)} FROM ${tableName(each)} t LIMIT 1) AS ${scopeColumn(each)}`,
  );
  const scope = `CREATE TEMP TABLE ${SCOPE_TABLE} AS SELECT ${tenants.join(', ')} WITH NO DATA`;
  return [
    ...collections.flatMap(createKeyTable),
    { purpose: 'creating the table of the scope', text: scope, values: [] },
    ...bindForCopy(plan),
  ];
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

/** Finds the rows that identify the person; undefined when the collection has nothing to be found by. */
export function seed(collection: PlannedCollection, tenantKey: string): Statement | undefined {
  return insertRows(collection, collection.seeds, tenantKey);
}

/** Adds the rows that mention the person, once nothing is to be concluded from any row any more. */
export function mention(collection: PlannedCollection, tenantKey: string): Statement | undefined {
  return insertRows(collection, collection.mentions, tenantKey);
}

function insertRows(
  collection: PlannedCollection,
  predicates: readonly Predicate[],
  tenantKey: string,
): Statement | undefined {
  const binds = new Binds();
  const keys = collection.key.map((name) => column('t', name)).join(', ');
  const rows = rowsBy(predicates, collection, `${keys}, 0`, tenantKey, binds);
  if (rows === undefined) return undefined;
  return { purpose: `searching ${collection.ref}`, text: insertKeys(collection, rows), values: binds.values };
}

function insertKeys(collection: PlannedCollection, select: string): string {
  return `INSERT INTO ${keyTable(collection)} (${keyColumns(collection)}, round)\n${select}\nON CONFLICT DO NOTHING`;
}

/** In which rounds the rows to start from were found, and as which those that they lead to count. */
export interface Round {
  /** Undefined: all rows. */
  readonly after: number | undefined;
  readonly current: number;
}

/** Follows an edge from the rows found in one round; its row count is the number of rows that are new. */
export function follow(plan: Plan, edge: Edge, round: Round, tenantKey: string): Statement {
  const [from, to] = [planned(plan, edge.from), planned(plan, edge.to)];
  const binds = new Binds();
  const keys = to.key.map((name) => column('t', name)).join(', ');
  const lines = [
    `SELECT ${keys}, ${binds.add(round.current)}::integer`,
    `FROM ${keyTable(from)} k`,
    `JOIN ${tableName(from)} f ON ${onKey(from, 'f', 'k')} AND ${column('f', from.tenant)} = ${binds.add(tenantKey)}`,
    `JOIN ${tableName(to)} t ON ${edge.on.map(pairCondition).join(' AND ')} AND ${column('t', to.tenant)} = ${binds.add(tenantKey)}`,
    ...(round.after === undefined ? [] : [`WHERE k.round = ${binds.add(round.after)}`]),
  ];
  return {
    purpose: `following ${from.ref} to ${to.ref}`,
    text: insertKeys(to, lines.join('\n')),
    values: binds.values,
  };
}

/** What comes out of JSON is text, whatever it is compared with. */
function pairCondition({ from, to }: FieldPair): string {
  const isText = from.path.length > 0 || to.path.length > 0;
  const value = isText ? textValue : fieldValue;
  return `${value('t', to)} = ${value('f', from)}`;
}

function planned(plan: Plan, ref: string): PlannedCollection {
  const found = plan.collections.find((each) => each.ref === ref);
  if (found === undefined) throw new TypeError(`The collection ${ref} is not in the plan.`);
  return found;
}

/** Tells PostgreSQL how many keys there are, which it would otherwise guess at; allowed in a read-only transaction. */
export function analyze(plan: Plan, { collections }: Stage): Statement {
  const tables = collections.map((ref) => keyTable(planned(plan, ref)));
  return { purpose: 'analysing the key tables', text: `ANALYZE ${tables.join(', ')}`, values: [] };
}

/** Rows of `position` and `found`, the latter as text, for it may be beyond 2^53. */
export function count({ collections }: Plan): Statement {
  const each = collections.map(
    (one) => `SELECT ${one.position} AS position, count(*)::text AS found FROM ${keyTable(one)}`,
  );
  return { purpose: 'counting the rows found', text: each.join(' UNION ALL '), values: [] };
}
