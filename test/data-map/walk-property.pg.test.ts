/**
 * Searches against a walk that looks at every row by itself, on random schemas, rows and references in two sources that know
 * the workspaces by different keys, with both carriers.
 */
import * as fc from 'fast-check';
import { escapeLiteral } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataMap } from '../../data-map/model.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { openSources } from '../../platform/sources.ts';
import type { CarrierName, Sources } from '../../platform/sources.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, email, field, key, mapFile, reference } from './fixtures.ts';
import type { Json } from './fixtures.ts';
import { findAcross } from './source.ts';
import type { Found } from './source.ts';
import { runs } from '../support/property-runs.ts';

const SOURCES = ['crm', 'billing'] as const;
type Source = (typeof SOURCES)[number];
/** The keys of two workspaces; those of one source are text, those of the other numbers. */
const TENANTS: Readonly<Record<Source, readonly [string, string]>> = { crm: ['w1', 'w2'], billing: ['1', '2'] };

/** Fields that rows may be joined by: columns, a value inside JSON, an array, a value of the objects of a JSON array. */
const OWNERS = ['a', 'b', 'doc.x', 'tags', 'items.n'] as const;
const JOINABLE = ['id', ...OWNERS] as const;
type Owner = (typeof OWNERS)[number];
type Joinable = (typeof JOINABLE)[number];
const PERSON = 'jane@example.com';
/** Sixty worlds, each searched four times: some 5 s on two quiet cores, and more than a minute where ten others use them. */
const SLOW_MACHINE_MS = 300_000;
const SPELLINGS = [PERSON, 'JANE@Example.com', 'jane+x@example.com', 'john@example.com', 'janet@example.com'];

interface Row {
  readonly tenant: 0 | 1;
  readonly id: number;
  readonly part: number;
  readonly email: string | null;
  readonly a: number | null;
  readonly b: number | null;
  readonly x: number | null;
  readonly tags: readonly number[] | null;
  readonly items: readonly number[] | null;
}
interface Table {
  readonly source: Source;
  readonly compositeKey: boolean;
  readonly hasEmail: boolean;
  /** Of the columns `a` and `tags`; the others are integers. */
  readonly type: 'int' | 'bigint' | 'text' | 'numeric';
  readonly rows: readonly Row[];
}
type Direction = 'from' | 'to' | undefined;
interface Reference {
  readonly owner: number;
  readonly ownerField: Owner;
  readonly target: number;
  readonly targetField: Joinable;
  readonly direction: Direction;
}
/** By `a` and `b` to the composite key `id` and `part`. */
interface CompositeReference {
  readonly owner: number;
  readonly target: number;
  readonly direction: Direction;
}
interface World {
  readonly tables: readonly Table[];
  readonly references: readonly Reference[];
  readonly composites: readonly CompositeReference[];
}

const value = fc.integer({ min: 1, max: 6 });
const small = fc.option(value, { freq: 6 });
const list = fc.option(fc.array(value, { maxLength: 2 }), { freq: 4 });
const table: fc.Arbitrary<Table> = fc.record({
  source: fc.constantFrom(...SOURCES),
  compositeKey: fc.boolean(),
  // Few, or everything is found before any reference is followed.
  hasEmail: fc.nat({ max: 4 }).map((number) => number === 0),
  type: fc.constantFrom('int', 'bigint', 'text', 'numeric'),
  rows: fc.uniqueArray(
    fc.record({
      tenant: fc.constantFrom(0, 1),
      id: value,
      part: fc.integer({ min: 1, max: 2 }),
      email: fc.option(fc.constantFrom(...SPELLINGS), { freq: 3 }),
      a: small,
      b: small,
      x: small,
      tags: list,
      items: list,
    }),
    { minLength: 2, maxLength: 10, selector: ({ tenant, id, part }) => `${tenant}/${id}/${part}` },
  ),
});
const direction = fc.constantFrom<Direction>('from', 'to', undefined);
const world: fc.Arbitrary<World> = fc.array(table, { minLength: 2, maxLength: 5 }).chain(([first, ...others]) => {
  const tables = first === undefined ? others : [{ ...first, hasEmail: true }, ...others];
  const index = fc.nat({ max: tables.length - 1 });
  const one = fc.record({
    owner: index,
    ownerField: fc.constantFrom(...OWNERS),
    target: index,
    targetField: fc.constantFrom(...JOINABLE),
    direction,
  });
  const composite = fc.record({ owner: index, target: index, direction });
  return fc
    .record({
      tables: fc.constant(tables),
      references: fc.array(one, { minLength: 1, maxLength: 7 }),
      composites: fc.array(composite, { maxLength: 2 }),
    })
    .map(unambiguous);
});

/** Which fields make up a composite reference must be clear, so there is one at most between two tables, and no other. */
function unambiguous({ tables, references, composites }: World): World {
  const between = ({ owner, target }: { owner: number; target: number }) => `${owner}/${target}`;
  const kept = new Map(composites.map((each) => [between(each), each]));
  const own = [...kept.values()].filter(({ target }) => tables[target]?.compositeKey);
  const taken = new Set(own.map(between));
  return { tables, composites: own, references: references.filter((each) => !taken.has(between(each))) };
}

/** Ids repeat between workspaces and parts, so the key has them all. */
function keyOf({ compositeKey, source }: Table, { tenant, id, part }: Row): string {
  return compositeKey ? `${TENANTS[source][tenant]}/${id}/${part}` : `${tenant}-${id}-${part}`;
}

function valuesOf(row: Row, at: Joinable): readonly number[] {
  if (at === 'tags') return row.tags ?? [];
  if (at === 'items.n') return row.items ?? [];
  const one = at === 'doc.x' ? row.x : row[at];
  return one === null ? [] : [one];
}

/** Adds rows one by one until no reference leads from one that is in to one that is not. */
function walk({ tables, references, composites }: World, tenant: 0 | 1): Found {
  const own = tables.map(({ rows }) => rows.filter((row) => row.tenant === tenant));
  const found = new Set<Row>();
  tables.forEach(({ hasEmail }, index) => {
    for (const row of own[index] ?? [])
      if (hasEmail && /^jane(\+.*)?@example\.com$/i.test(row.email ?? '')) found.add(row);
  });
  const links = [
    ...references.map(({ ownerField, targetField, ...each }) => ({
      ...each,
      joins: (mine: Row, theirs: Row) => {
        const values = valuesOf(theirs, targetField);
        return valuesOf(mine, ownerField).some((one) => values.includes(one));
      },
    })),
    ...composites.map((each) => ({
      ...each,
      joins: (mine: Row, theirs: Row) => mine.a === theirs.id && mine.b === theirs.part,
    })),
  ];
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const link of links) {
      for (const mine of own[link.owner] ?? []) {
        for (const theirs of own[link.target] ?? []) {
          if (!link.joins(mine, theirs)) continue;
          if (link.direction !== 'to' && found.has(theirs)) found.add(mine);
          if (link.direction !== 'from' && found.has(mine)) found.add(theirs);
        }
      }
    }
  }
  const entries = tables.map((each, index): [string, string[]] => [
    `${each.source}.t${index}`,
    (own[index] ?? [])
      .filter((row) => found.has(row))
      .map((row) => keyOf(each, row))
      .sort(),
  ]);
  return Object.fromEntries(entries.filter(([, keys]) => keys.length > 0));
}

function mapFor({ tables, references, composites }: World, schema: string): DataMap {
  const at = (target: number, targetField: string, way: Direction): Json =>
    reference(`${tables[target]?.source}/t${target}.${targetField}`, way);
  const refersFrom = (owner: number, ownerField: string): Json => ({
    references: [
      ...references
        .filter((each) => each.owner === owner && each.ownerField === ownerField)
        .map((each) => at(each.target, each.targetField, each.direction)),
      ...composites
        .filter((each) => each.owner === owner && ['a', 'b'].includes(ownerField))
        .map((each) => at(each.target, ownerField === 'a' ? 'id' : 'part', each.direction)),
    ],
  });
  const collectionOf = ({ compositeKey, hasEmail }: Table, index: number): Json =>
    collection(
      `t${index}`,
      [
        ...(compositeKey ? [key('tenant'), key('id'), key('part')] : [key('pk'), field('id')]),
        ...(hasEmail ? [email()] : []),
        field('a', refersFrom(index, 'a')),
        field('b', refersFrom(index, 'b')),
        field('doc', {}, { fields: [field('x', refersFrom(index, 'doc.x'))] }),
        field('tags', { data_type: 'integer[]', ...refersFrom(index, 'tags') }),
        field('items', { data_type: 'object[]' }, { fields: [field('n', refersFrom(index, 'items.n'))] }),
      ],
      { tenant: 'tenant' },
    );
  const datasets = SOURCES.map((source) => ({
    ...dataset(
      tables.flatMap((each, index) => (each.source === source ? [collectionOf(each, index)] : [])),
      { schema, source },
    ),
    fides_key: source,
  }));
  return parseDataMap([mapFile(...datasets)]);
}

let databases: Readonly<Record<Source, TestDatabase>>;
let byCarrier: readonly (readonly [CarrierName, Sources])[];
beforeAll(async () => {
  databases = { crm: await testDatabase(), billing: await testDatabase() };
  for (const name of SOURCES) await commitWithoutWaiting(databases[name]);
  byCarrier = (['temp_tables', 'bound_arrays'] as const).map((carrier) => [
    carrier,
    openSources(SOURCES.map((name) => ({ name, kind: 'postgres', url: databases[name].url, carrier }))),
  ]);
});
afterAll(async () => {
  for (const [, sources] of byCarrier) await sources.close();
  for (const name of SOURCES) await databases[name].drop();
});

/** Nobody asks for these rows after a crash, and every search commits its key tables twice. For connections made after it. */
async function commitWithoutWaiting({ pool, url }: TestDatabase): Promise<void> {
  await pool.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
}

/** In one round trip and transaction a source. What is made goes with the databases. */
async function create({ tables }: World, schema: string): Promise<void> {
  const statementsIn = (source: Source) =>
    tables.flatMap((each, index) => (each.source === source ? createTable(each, `${schema}.t${index}`) : []));
  await Promise.all(
    SOURCES.map((name) => databases[name].pool.query([`CREATE SCHEMA ${schema}`, ...statementsIn(name)].join(';\n'))),
  );
}

function createTable(made: Table, name: string): readonly string[] {
  const columns = [
    `pk text, tenant ${made.source === 'crm' ? 'text' : 'int'}, id int, part int, email text`,
    `a ${made.type}, b int, doc jsonb, tags ${made.type}[], items jsonb`,
    `PRIMARY KEY (${made.compositeKey ? 'tenant, id, part' : 'pk'})`,
  ];
  const rows = made.rows.map((row) => ({
    ...row,
    pk: keyOf(made, row),
    tenant: TENANTS[made.source][row.tenant],
    doc: { x: row.x },
    items: row.items?.map((n) => ({ n })) ?? null,
  }));
  return [
    `CREATE TABLE ${name} (${columns.join(', ')})`,
    `INSERT INTO ${name} SELECT * FROM json_populate_recordset(NULL::${name}, ${escapeLiteral(JSON.stringify(rows))})`,
  ];
}

describe('a search', () => {
  it(
    'finds the rows that a walk row by row finds, each once, in its own workspace only',
    async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(world, async (made) => {
          run += 1;
          const schema = `world_${run}`;
          await create(made, schema);
          const map = mapFor(made, schema);
          const searches = byCarrier.flatMap(([carrier, sources]) =>
            ([0, 1] as const).map(async (tenant) => {
              const keys = new Map(SOURCES.map((source) => [source, TENANTS[source][tenant]]));
              const found = await findAcross(sources, map, keys, { type: 'email', value: PERSON });
              return { carrier, tenant, found };
            }),
          );
          for (const { carrier, tenant, found } of await Promise.all(searches)) {
            expect({ carrier, tenant, found }).toEqual({ carrier, tenant, found: walk(made, tenant) });
          }
        }),
        { numRuns: runs(60) },
      );
    },
    SLOW_MACHINE_MS,
  );
});
