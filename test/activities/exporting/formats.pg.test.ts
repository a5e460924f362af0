import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collection, field, key, mapOf } from '../../data-map/fixtures.ts';
import { openExportFixture } from './export-fixture.ts';
import type { ExportFixture } from './export-fixture.ts';

const MAP = mapOf(collection('things', [key('id'), field('name')]), collection('many', [key('n'), field('body')]));

const SCHEMA = `
  CREATE TABLE things (
    id bigint PRIMARY KEY, workspace_id text NOT NULL, name text, yes boolean, small smallint, whole integer, exact numeric(30, 10),
    single real, double double precision, day date, local timestamp, moment timestamptz, uid uuid, raw bytea, doc jsonb, loose json,
    list text[], span interval);
  INSERT INTO things VALUES
    (9007199254740993, 'acme', E'Zoë "quoted",\\nnext', true, -5, 2147483647, 12345678901234567890.0123456789, 0.1, 'NaN', '1815-12-10',
     '2026-03-05 10:20:30.123456', '2026-03-05 10:20:30.123456+02', '00112233-4455-6677-8899-aabbccddeeff', '\\xdeadbeef',
     '{"a": 1.50}', E'{"b":\\n2}', '{x,y}', '1 day 2 hours'),
    (2, 'acme', '=HYPERLINK("https://evil.example")', NULL, NULL, NULL, NULL, NULL, 'Infinity', 'infinity', '-infinity', 'infinity', NULL,
     NULL, NULL, NULL, NULL, NULL),
    (3, 'other', 'elsewhere', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  CREATE TABLE many (n int PRIMARY KEY, workspace_id text NOT NULL, body text);
  INSERT INTO many SELECT n, 'acme', repeat(md5(n::text), 20) FROM generate_series(1, 30000) n;`;

let fixture: ExportFixture;
let entries: Map<string, Buffer>;

beforeAll(async () => {
  fixture = await openExportFixture({ map: MAP, schema: SCHEMA, partMib: 64 });
  entries = await fixture.entries(await fixture.run({ formats: ['jsonl', 'csv', 'parquet'] }));
});

afterAll(() => fixture.close());

function entry(path: string): Buffer {
  const found = entries.get(path);
  if (found === undefined) throw new Error(`There is no ${path} in ${[...entries.keys()].join(', ')}.`);
  return found;
}

/** Its own memory from the first byte on, as the reader wants it. */
const arrayBufferOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

async function parquetRows(path: string) {
  const rows = await parquetReadObjects({ file: arrayBufferOf(entry(path)), utf8: false });
  return rows.toSorted((a, b) => Number(a['id'] ?? a['n']) - Number(b['id'] ?? b['n']));
}

describe('Parquet', () => {
  it('keeps every type that it has exactly, and the others as text', async () => {
    const [, first] = await parquetRows('data/crm.things/crm.things-00001.parquet');
    expect(first).toMatchObject({
      id: 9007199254740993n,
      name: 'Zoë "quoted",\nnext',
      yes: true,
      small: -5,
      whole: 2147483647,
      exact: '12345678901234567890.0123456789',
      double: Number.NaN,
      day: new Date('1815-12-10'),
      moment: new Date('2026-03-05T08:20:30.123Z'),
      uid: '00112233-4455-6677-8899-aabbccddeeff',
      list: '{x,y}',
    });
    expect(first?.['single']).toBeCloseTo(0.1);
    const bytesOf = (column: string): Buffer => Buffer.from(first?.[column] as Uint8Array);
    expect(bytesOf('raw').toString('hex')).toBe('deadbeef');
    expect(bytesOf('doc').toString('utf8')).toBe('{"a": 1.50}');
    expect(bytesOf('loose').toString('utf8')).toBe('{"b":\n2}');
  });

  it('keeps what is not there apart from what is empty, and infinite times', async () => {
    const [second] = await parquetRows('data/crm.things/crm.things-00001.parquet');
    expect(second).toMatchObject({
      id: 2n,
      yes: null,
      exact: null,
      double: Number.POSITIVE_INFINITY,
      uid: null,
      doc: null,
    });
    expect(second?.['day']).not.toBeNull();
  });

  it('is written in row groups, so that its size costs no memory', async () => {
    const path = 'data/crm.many/crm.many-00001.parquet';
    expect(parquetMetadata(arrayBufferOf(entry(path))).row_groups.length).toBeGreaterThan(1);
    const rows = await parquetRows(path);
    expect(rows).toHaveLength(30_000);
    expect(rows.at(-1)).toMatchObject({ n: 30_000, workspace_id: 'acme' });
  });
});

describe('JSON Lines', () => {
  it('are exact, a row a line', () => {
    const lines = entry('data/crm.things/crm.things-00001.jsonl.gz').toString('utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    const line = lines.find((each) => each.includes('9007199254740993'));
    expect(line).toContain('"exact":12345678901234567890.0123456789');
    expect(line).toContain('"moment":"2026-03-05T08:20:30.123456+00:00"');
  });
});

describe('CSV', () => {
  it('has a header, and text that a spreadsheet would take for a formula is no formula', () => {
    const csv = entry('data/crm.things/crm.things-00001.csv.gz').toString('utf8');
    expect(csv.split('\n')[0]).toMatch(/^id,workspace_id,name,yes,small/);
    expect(csv).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
  });
});
