/** What PostgreSQL thinks a plan costs, statement by statement. Nothing is executed, and nothing of a row is read. */
import type { ClientBase } from 'pg';
import { readCatalogue } from '../../data-map/catalogue/read.ts';
import type { CatalogueTable } from '../../data-map/catalogue/model.ts';
import type { Plan } from '../../data-map/plan.ts';
import { nodesOf, planNodeOf } from '../../data-map/query-plan.ts';
import { createTables, follow, seed } from '../../data-map/sql.ts';
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

/** Key tables are taken as small: the planner does not know yet how much there is of the person. */
export async function costsOf(client: ClientBase, plan: Plan, tenantKey: string): Promise<readonly StatementCost[]> {
  const sizes = await sizesOf(client, plan);
  await client.query('BEGIN READ WRITE');
  for (const { text, values } of createTables(plan)) await client.query(text, [...values]);
  await client.query('COMMIT');
  await client.query('BEGIN READ ONLY');
  const costs: StatementCost[] = [];
  for (const statement of statementsOf(plan, tenantKey)) costs.push(await costOf(client, statement, sizes));
  await client.query('ROLLBACK');
  await client.query('DISCARD TEMP');
  return costs;
}

async function sizesOf(client: ClientBase, { collections }: Plan): Promise<ReadonlyMap<string, CatalogueTable>> {
  const { tables } = await readCatalogue(client, [...new Set(collections.map(({ schema }) => schema))]);
  return new Map(tables.map((table) => [`${table.schema}.${table.name}`, table]));
}

function statementsOf(plan: Plan, tenantKey: string): readonly Statement[] {
  const seeds = plan.collections.map((collection) => seed(collection, tenantKey));
  const followed = plan.stages.flatMap(({ once, repeat }) => [
    ...once.map((edge) => follow(plan, edge, { after: undefined, current: 0 }, tenantKey)),
    ...repeat.map((edge) => follow(plan, edge, { after: 0, current: 1 }, tenantKey)),
  ]);
  return [...seeds.filter((statement) => statement !== undefined), ...followed];
}

async function costOf(
  client: ClientBase,
  { purpose, text, values }: Statement,
  sizes: ReadonlyMap<string, CatalogueTable>,
): Promise<StatementCost> {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON, VERBOSE) ${text}`, [...values]);
  const plan = planNodeOf(rows);
  const nodes = nodesOf(plan);
  const scans = nodes.flatMap((node): readonly TableScan[] => {
    const table = `${node.Schema}.${node['Relation Name']}`;
    const size = node['Node Type'] === 'Seq Scan' ? sizes.get(table)?.rows : undefined;
    return size !== undefined && size >= LARGE_ROWS ? [{ table, rows: size }] : [];
  });
  // The node on top writes the keys and answers no rows; what it writes is what the one below it answers.
  const found = plan.Plans?.[0]?.['Plan Rows'] ?? plan['Plan Rows'];
  return { purpose, cost: plan['Total Cost'], rows: found, scans };
}
