import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from 'node:stream/consumers';
import copyStreams from 'pg-copy-streams';
import type { PoolClient } from 'pg';
import { liveColumns } from '../../data-map/live-columns.ts';
import type { LiveColumnRow } from '../../data-map/live-columns.ts';
import {
  bindSlice,
  bindTenant,
  copySlice,
  measureRows,
  prepareSession,
  sliceEnds,
} from '../../data-map/workspace-sql.ts';
import type { ExportedCollection, Slice } from '../../data-map/workspace-sql.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { runs } from '../support/property-runs.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.drop());

/** Text as a key can be: quotes, backslashes, NUL-free control characters, all of Unicode. */
const awkward = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).filter((each) => !each.includes('\0') && each.isWellFormed()),
  fc.constantFrom("'", "''", '\\', '"', '\n', ' ', '', '{}', '{a,b}', 'NULL', 'ä', 'a', 'A', '😀'),
);

const SHAPES = {
  'a text': { columns: ['k0 text'], keys: fc.tuple(awkward) },
  'a uuid': { columns: ['k0 uuid'], keys: fc.tuple(fc.uuid()) },
  'a bigint': {
    columns: ['k0 bigint'],
    keys: fc.tuple(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  },
  'a time': {
    columns: ['k0 timestamptz'],
    keys: fc.tuple(
      fc.oneof(
        fc.constantFrom('infinity', '-infinity', '0044-03-15 BC'),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }).map((at) => at.toISOString()),
      ),
    ),
  },
  'text, number and float': {
    columns: ['k0 text', 'k1 numeric', 'k2 float8'],
    keys: fc.tuple(
      fc.constantFrom('a', "b'", ''),
      fc.constantFrom('0.10', '-3', '1e30', 'NaN'),
      fc.double().map(String),
    ),
  },
} as const;

describe.each(Object.entries(SHAPES))('slices by %s', (_, { columns, keys }) => {
  it('are all rows of the workspace, each once, whatever the keys are', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(keys as fc.Arbitrary<readonly string[]>, {
          maxLength: 60,
          selector: (each) => JSON.stringify(each),
        }),
        fc.integer({ min: 1, max: 400 }),
        async (rows, bytes) => {
          const client = await database.pool.connect();
          try {
            await client.query('BEGIN');
            const expected = await fill(client, columns, rows);
            const collection = await describeTable(client);
            expect((await sliced(client, collection, bytes)).toSorted(byNumber)).toEqual(expected);
          } finally {
            await client.query('ROLLBACK');
            client.release();
          }
        },
      ),
      { numRuns: runs(25) },
    );
  });
});

/** Rows of two workspaces, every third of the other's; answers the ones of ours. Equal keys of a type are one row. */
async function fill(client: PoolClient, columns: readonly string[], rows: readonly (readonly string[])[]) {
  const names = columns.map((each) => each.split(' ')[0]).join(', ');
  await client.query(`CREATE TABLE t (${columns.join(', ')}, tenant text, n int, pad text, PRIMARY KEY (${names}))`);
  for (const [index, row] of rows.entries()) {
    const places = row.map((__, at) => `$${at + 1}`).join(', ');
    await client.query(
      `INSERT INTO t VALUES (${places}, '${index % 3 === 0 ? 'other' : 'ours'}', ${index}, repeat('x', ${index}))
       ON CONFLICT DO NOTHING`,
      [...row],
    );
  }
  const found = await client.query<{ n: number }>("SELECT n FROM t WHERE tenant = 'ours'");
  return found.rows.map(({ n }) => n).toSorted(byNumber);
}

const byNumber = (a: number, b: number): number => a - b;

async function describeTable(client: PoolClient): Promise<ExportedCollection> {
  const live = await run<LiveColumnRow>(client, liveColumns([{ schema: 'public', table: 't' }]));
  const column = ({ name, type, base, loose_json: looseJson }: LiveColumnRow) => ({ name, type, base, looseJson });
  return {
    ref: 'crm.t',
    label: 'T',
    kind: 'T',
    schema: 'public',
    table: 't',
    columns: live.map(column),
    omitted: [],
    key: live.filter((each) => each.key_place !== null).map(column),
    ties: [{ steps: [], tenant: 'tenant', tenantType: 'text' }],
    media: [],
  };
}

interface EndRow {
  readonly key: string[];
  readonly is_end: boolean;
}

async function sliced(client: PoolClient, collection: ExportedCollection, bytes: number): Promise<readonly number[]> {
  await run(client, prepareSession);
  await run(client, bindTenant('ours'));
  const [counted] = await run<{ rows: string }>(client, measureRows(collection));
  const total = Number(counted?.rows);
  const measured = await run<EndRow>(client, sliceEnds(collection, total, bytes));
  const ends = measured.filter((each) => each.is_end);
  const found: number[] = [];
  for (let index = 0; index <= ends.length; index += 1) {
    const slice: Slice = { after: ends[index - 1]?.key, upTo: ends[index]?.key };
    await run(client, bindSlice(slice));
    const lines = await text(client.query(copyStreams.to(copySlice(collection, slice, 'jsonl'))));
    const rows = lines.split('\n').filter((line) => line !== '');
    found.push(...rows.map((line) => (JSON.parse(line) as { n: number }).n));
  }
  return found;
}

async function run<Row extends object>(client: PoolClient, { text: sql, values }: Statement): Promise<readonly Row[]> {
  return (await client.query<Row>(sql, [...values])).rows;
}
