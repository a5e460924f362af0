/** The SQL of a plan against a walk that looks at every row by itself, on random schemas, rows and references. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDataMap } from '../../data-map/parse.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, email, field, key, mapFile, reference } from './fixtures.ts';
import { find } from './source.ts';
import type { Found } from './source.ts';

/** Columns that rows may be joined by; the last is a value inside a JSON column. */
const JOINABLE = ['id', 'a', 'b', 'doc.x'] as const;
type Joinable = (typeof JOINABLE)[number];
const TENANTS = ['w1', 'w2'];
const PERSON = 'jane@example.com';
const SPELLINGS = [PERSON, 'JANE@Example.com', 'jane+x@example.com', 'john@example.com', 'janet@example.com'];

interface Row {
  readonly tenant: string;
  readonly id: number;
  readonly part: number;
  readonly email: string | null;
  readonly a: number | null;
  readonly b: number | null;
  readonly x: number | null;
}
interface Table {
  readonly compositeKey: boolean;
  readonly hasEmail: boolean;
  readonly rows: readonly Row[];
}
interface Reference {
  readonly owner: number;
  readonly ownerField: Exclude<Joinable, 'id'>;
  readonly target: number;
  readonly targetField: Joinable;
  readonly direction: 'from' | 'to' | undefined;
}
interface World {
  readonly tables: readonly Table[];
  readonly references: readonly Reference[];
}

const small = fc.option(fc.integer({ min: 1, max: 5 }), { freq: 6 });
const table: fc.Arbitrary<Table> = fc.record({
  compositeKey: fc.boolean(),
  // Few, or everything is found before any reference is followed.
  hasEmail: fc.nat({ max: 4 }).map((number) => number === 0),
  rows: fc.uniqueArray(
    fc.record({
      tenant: fc.constantFrom(...TENANTS),
      id: fc.integer({ min: 1, max: 5 }),
      part: fc.integer({ min: 1, max: 2 }),
      email: fc.option(fc.constantFrom(...SPELLINGS), { freq: 3 }),
      a: small,
      b: small,
      x: small,
    }),
    { minLength: 2, maxLength: 10, selector: ({ tenant, id, part }) => `${tenant}/${id}/${part}` },
  ),
});
const world: fc.Arbitrary<World> = fc.array(table, { minLength: 2, maxLength: 5 }).chain(([first, ...others]) => {
  const tables = first === undefined ? others : [{ ...first, hasEmail: true }, ...others];
  const index = fc.nat({ max: tables.length - 1 });
  const one = fc.record({
    owner: index,
    ownerField: fc.constantFrom('a', 'b', 'doc.x'),
    target: index,
    targetField: fc.constantFrom(...JOINABLE),
    direction: fc.constantFrom('from', 'to', undefined),
  });
  return fc.record({ tables: fc.constant(tables), references: fc.array(one, { minLength: 1, maxLength: 7 }) });
});

/** Ids repeat between workspaces and parts, so the key has them all. */
function keyOf({ compositeKey }: Table, { tenant, id, part }: Row): string {
  return compositeKey ? `${tenant}/${id}/${part}` : `${tenant}-${id}-${part}`;
}

function valueOf(row: Row, at: Joinable): number | null {
  return at === 'doc.x' ? row.x : row[at];
}

/** Adds rows one by one until no reference leads from one that is in to one that is not. */
function walk({ tables, references }: World, tenant: string): Found {
  const own = tables.map(({ rows }) => rows.filter((row) => row.tenant === tenant));
  const found = new Set<Row>();
  tables.forEach(({ hasEmail }, index) => {
    for (const row of own[index] ?? [])
      if (hasEmail && /^jane(\+.*)?@example\.com$/i.test(row.email ?? '')) found.add(row);
  });
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { owner, ownerField, target, targetField, direction } of references) {
      for (const mine of own[owner] ?? []) {
        for (const theirs of own[target] ?? []) {
          const value = valueOf(mine, ownerField);
          if (value === null || value !== valueOf(theirs, targetField)) continue;
          if (direction !== 'to' && found.has(theirs)) found.add(mine);
          if (direction !== 'from' && found.has(mine)) found.add(theirs);
        }
      }
    }
  }
  const entries = tables.map((each, index): [string, string[]] => [
    `crm.t${index}`,
    (own[index] ?? [])
      .filter((row) => found.has(row))
      .map((row) => keyOf(each, row))
      .sort(),
  ]);
  return Object.fromEntries(entries.filter(([, keys]) => keys.length > 0));
}

function mapFor({ tables, references }: World, schema: string) {
  const refersFrom = (owner: number, ownerField: string) => ({
    references: references
      .filter((each) => each.owner === owner && each.ownerField === ownerField)
      .map(({ target, targetField, direction }) => reference(`t${target}.${targetField}`, direction)),
  });
  const collections = tables.map(({ compositeKey, hasEmail }, index) =>
    collection(
      `t${index}`,
      [
        ...(compositeKey ? [key('tenant'), key('id'), key('part')] : [key('pk'), field('id')]),
        ...(hasEmail ? [email()] : []),
        field('a', refersFrom(index, 'a')),
        field('b', refersFrom(index, 'b')),
        field('doc', {}, { fields: [field('x', refersFrom(index, 'doc.x'))] }),
      ],
      { tenant: 'tenant' },
    ),
  );
  return parseDataMap([mapFile(dataset(collections, { schema }))]);
}

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

async function create({ tables }: World, schema: string): Promise<void> {
  await db.pool.query(`CREATE SCHEMA ${schema}`);
  for (const [index, each] of tables.entries()) {
    const name = `${schema}.t${index}`;
    const primaryKey = each.compositeKey ? 'tenant, id, part' : 'pk';
    await db.pool.query(
      `CREATE TABLE ${name} (pk text, tenant text, id int, part int, email text, a int, b int, doc jsonb, PRIMARY KEY (${primaryKey}))`,
    );
    const rows = each.rows.map((row) => ({ ...row, pk: keyOf(each, row), doc: { x: row.x } }));
    await db.pool.query(`INSERT INTO ${name} SELECT * FROM json_populate_recordset(NULL::${name}, $1)`, [
      JSON.stringify(rows),
    ]);
  }
}

describe('a search', () => {
  it('finds the rows that a walk row by row finds, in its own workspace only', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(world, async (made) => {
        run += 1;
        const schema = `world_${run}`;
        await create(made, schema);
        try {
          const map = mapFor(made, schema);
          for (const tenant of TENANTS) {
            expect(await find(db.pool, map, tenant, { type: 'email', value: PERSON })).toEqual(walk(made, tenant));
          }
        } finally {
          await db.pool.query(`DROP SCHEMA ${schema} CASCADE`);
        }
      }),
      { numRuns: 100 },
    );
  });
});
