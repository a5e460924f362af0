import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientBase, QueryResult } from 'pg';
import { planSearch } from '../../data-map/plan.ts';
import type { Plan } from '../../data-map/plan.ts';
import { boundFollow } from '../../data-map/arrays.ts';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import { analyze, createTables, follow, seed } from '../../data-map/sql.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, refers } from './fixtures.ts';
import { foundIn, inSnapshot } from './source.ts';

const HERE = '11111111-1111-4111-8111-111111111111';
const jane = { type: 'email', value: 'jane_doe@example.com' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

describe('a large table', () => {
  interface PlanNode {
    readonly 'Node Type': string;
    readonly 'Index Name'?: string;
    readonly Plans?: readonly PlanNode[];
  }
  const nodesOf = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

  async function explain(client: ClientBase, { text, values }: Statement): Promise<readonly PlanNode[]> {
    const { rows }: QueryResult<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }> = await client.query(
      `EXPLAIN (FORMAT JSON) ${text}`,
      [...values],
    );
    return rows[0]?.['QUERY PLAN'].flatMap(({ Plan: node }) => nodesOf(node)) ?? [];
  }

  async function withTables<T>(plan: Plan, work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await db.pool.connect();
    try {
      for (const { text, values } of createTables(plan)) await client.query(text, [...values]);
      return await work(client);
    } finally {
      client.release(true);
    }
  }

  beforeAll(() =>
    db.pool.query(`
      CREATE TABLE people (id int PRIMARY KEY, workspace_id uuid NOT NULL, email text, phone varchar(40));
      INSERT INTO people SELECT n, '${HERE}', 'person' || n || '@example.com', '+49 30 ' || n FROM generate_series(1, 50000) n;
      CREATE INDEX people_email ON people (lower(email) text_pattern_ops);
      CREATE INDEX people_phone ON people (regexp_replace(phone, '[^0-9]', '', 'g'));
      CREATE TABLE clicks (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, email text, payload jsonb);
      INSERT INTO clicks VALUES ('${HERE}', '${HERE}', 'jane_doe@example.com', '{"person": 7}');
      ANALYZE people, clicks`),
  );

  it('is searched by its indexes on e-mail and phone, never from end to end', async () => {
    const people = collection('people', [key('id'), email(), field('phone', { identity: 'phone_number' })]);
    const map = parseDataMap([mapFile(dataset([people], { phone_region: 'DE' }))]);
    const plan = planSearch(map, 'crm', [jane, { type: 'phone_number', value: '+49 30 901820' }]);
    const statement = plan.collections[0] && seed(plan.collections[0], HERE);
    const nodes = statement ? await withTables(plan, (client) => explain(client, statement)) : [];
    expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    expect(nodes.flatMap((node) => node['Index Name'] ?? []).sort()).toEqual([
      'people_email',
      'people_email',
      'people_phone',
      'people_phone',
    ]);
  });

  it('is not read from end to end by the search for one person, nor is what refers to it and back', async () => {
    await db.pool.query(`
      CREATE TABLE visits (id int PRIMARY KEY, workspace_id uuid NOT NULL, person_id int);
      INSERT INTO visits SELECT n, '${HERE}', n FROM generate_series(1, 50000) n;
      CREATE INDEX ON visits (person_id);
      ANALYZE visits`);
    // What the connection has counted until now is no longer its own.
    await db.pool.query('SELECT pg_stat_force_next_flush()');
    const map = mapOf(
      collection('people', [key('id'), email()]),
      collection('visits', [key('id'), refers('person_id', 'people.id')]),
    );
    const plan = planSearch(map, 'crm', [{ type: 'email', value: 'person77@example.com' }]);
    await inSnapshot(db.pool, plan, HERE, async (snapshot) => {
      expect(await foundIn(snapshot)).toEqual({ 'crm.people': ['77'], 'crm.visits': ['77'] });
      const { rows } = await snapshot.client.query(
        `SELECT relname, seq_scan::int FROM pg_stat_xact_user_tables WHERE relname IN ('people', 'visits') ORDER BY 1`,
      );
      expect(rows).toEqual([
        { relname: 'people', seq_scan: 0 },
        { relname: 'visits', seq_scan: 0 },
      ]);
    });
  });

  it('is entered by its key from a value inside JSON, whatever carries the keys', async () => {
    const map = mapOf(
      collection('clicks', [
        key('id'),
        email(),
        field('payload', {}, { fields: [refers('person', 'people.id', 'to')] }),
      ]),
      collection('people', [key('id')]),
    );
    const plan = planSearch(map, 'crm', [jane]);
    const [from, to] = plan.collections;
    const [edge] = map.edges;
    const start = from && seed(from, HERE);
    if (!from || !to || !edge || !start) throw new Error('The plan is empty.');
    const types = readColumnTypes(plan);
    const plans = await withTables(plan, async (client) => {
      const scope = { tenantKey: HERE, types: columnTypes((await client.query(types.text, [...types.values])).rows) };
      await client.query(start.text, [...start.values]);
      await client.query(analyze([from]).text);
      const route = { edge, from, to };
      const statements = [follow(route, { after: 0, current: 2 }, scope), boundFollow(route, [[HERE]], scope)];
      return Promise.all(statements.map((statement) => explain(client, statement)));
    });
    expect(plans).toHaveLength(2);
    for (const nodes of plans) expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toContain('people_pkey');
  });
});
