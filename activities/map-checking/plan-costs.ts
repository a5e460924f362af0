/** What PostgreSQL thinks a plan costs, statement by statement. Nothing is executed, and nothing of a row is read. */
import type { ClientBase } from 'pg';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import type { CatalogueTable } from '../../data-map/catalogue/model.ts';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import type { ColumnTypes } from '../../data-map/column-types.ts';
import type { Route, Scope } from '../../data-map/follow.ts';
import type { Edge } from '../../data-map/model.ts';
import type { Plan } from '../../data-map/plan.ts';
import { nodesOf, planNodeOf } from '../../data-map/query-plan.ts';
import { analyze, createTables, follow, seed } from '../../data-map/sql.ts';
import type { Statement } from '../../data-map/sql-text.ts';

export interface StatementCost {
  readonly purpose: string;
  /** In the planner's units; a page read in order costs one. */
  readonly cost: number;
  readonly rows: number;
  /** Large tables that are read from end to end. */
  readonly scans: readonly TableScan[];
}

interface TableScan {
  readonly table: string;
  readonly rows: number;
}

/** From here on reading a whole table is worth an operator's attention. */
const LARGE_ROWS = 10_000;

/** As for a person of whom there is little: the key tables are empty, and PostgreSQL is told so. */
export async function costsOf(client: ClientBase, plan: Plan, tenantKey: string): Promise<readonly StatementCost[]> {
  if (plan.collections.length === 0) return [];
  const sizes = await sizesOf(client, plan);
  await client.query('BEGIN READ WRITE');
  for (const { text, values } of createTables(plan)) await client.query(text, [...values]);
  await client.query(analyze(plan.collections).text);
  await client.query('COMMIT');
  await client.query('BEGIN READ ONLY');
  const scope = { tenantKey, types: await typesOf(client, plan) };
  const costs: StatementCost[] = [];
  for (const statement of statementsOf(plan, scope)) costs.push(await costOf(client, statement, sizes));
  await client.query('ROLLBACK');
  await client.query('DISCARD TEMP');
  return costs;
}

async function sizesOf(client: ClientBase, { collections }: Plan): Promise<ReadonlyMap<string, CatalogueTable>> {
  const { tables } = await readCatalogue(client, [...new Set(collections.map(({ schema }) => schema))]);
  return new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
}

async function typesOf(client: ClientBase, plan: Plan): Promise<ColumnTypes> {
  const { text, values } = readColumnTypes(plan);
  return columnTypes((await client.query(text, [...values])).rows);
}

function statementsOf(plan: Plan, scope: Scope): readonly Statement[] {
  const seeds = plan.collections.map((collection) => seed(collection, scope.tenantKey));
  const followed = plan.stages.flatMap(({ once, repeat }) => [
    ...routesOf(plan, once).map((route) => follow(route, { after: 0, current: 1 }, scope)),
    ...routesOf(plan, repeat).map((route) => follow(route, { after: 1, current: 2 }, scope)),
  ]);
  return [...seeds.filter((statement) => statement !== undefined), ...followed];
}

function routesOf({ collections }: Plan, edges: readonly Edge[]): readonly Route[] {
  const planned = new Map(collections.map((each) => [each.ref, each]));
  return edges.flatMap((edge) => {
    const [from, to] = [planned.get(edge.from), planned.get(edge.to)];
    return from && to ? [{ edge, from, to }] : [];
  });
}

async function costOf(
  client: ClientBase,
  { purpose, text, values }: Statement,
  sizes: ReadonlyMap<string, CatalogueTable>,
): Promise<StatementCost> {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON, VERBOSE) ${text}`, [...values]);
  const plan = planNodeOf(rows);
  const read = nodesOf(plan).filter((node) => node['Node Type'] === 'Seq Scan');
  const tables = [...new Set(read.map((node) => `${node.Schema}.${node['Relation Name']}`))];
  const scans = tables.flatMap((table): readonly TableScan[] => {
    const size = sizes.get(table)?.rows ?? 0;
    return size >= LARGE_ROWS ? [{ table, rows: size }] : [];
  });
  // The node on top writes the keys and answers no rows; what it writes is what the one below it answers.
  const found = plan.Plans?.[0]?.['Plan Rows'] ?? plan['Plan Rows'];
  return { purpose, cost: plan['Total Cost'], rows: found, scans };
}
