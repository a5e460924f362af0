import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataMap } from '../../data-map/model.ts';
import { jsonReading, mediaReading, safeInSheet } from '../../data-map/copy.ts';
import type { Reading } from '../../data-map/copy.ts';
import { planSearch } from '../../data-map/plan.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, email, field, key, mapOf } from './fixtures.ts';
import { copied, inSnapshot } from './source.ts';

const jane = { type: 'email', value: 'jane@example.com' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

/** What a reading of the plan's first collection gives for the workspace `w`. */
function copy(map: DataMap, reading: (collection: PlannedCollection) => Reading): Promise<string> {
  const plan = planSearch(map, 'crm', [jane]);
  const [first] = plan.collections;
  if (first === undefined) throw new Error('The plan is empty.');
  return inSnapshot(db.pool, plan, 'w', (snapshot) => copied(snapshot, first, reading(first)));
}

const lines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));

describe('the JSON of a collection', () => {
  it('has a document a line, whatever the values hold, in the order of the key', async () => {
    const nasty = 'a\u0001b\u0002c "quoted" \\. \\n \n\r\t, é 漢 😀';
    await db.pool.query(
      'CREATE TABLE notes (id int PRIMARY KEY, ws text, email text, body text, meta json, tags jsonb, at timestamptz)',
    );
    await db.pool.query(
      `INSERT INTO notes VALUES (10, 'w', 'jane@example.com', $1, e'{"a":\\r\\n [1,\\n\\t2]}', '{"b": null}', '2026-01-02T03:04:05Z'),
        (9, 'w', 'JANE@example.com', NULL, NULL, NULL, NULL), (11, 'other', 'jane@example.com', 'x', NULL, NULL, NULL)`,
      [nasty],
    );
    const map = mapOf(
      collection('notes', [key('id'), email(), field('body'), field('meta'), field('tags')], { tenant: 'ws' }),
    );
    expect(lines(await copy(map, jsonReading))).toEqual([
      { id: 9, email: 'JANE@example.com', body: null, meta: null, tags: null },
      { id: 10, email: 'jane@example.com', body: nasty, meta: { a: [1, 2] }, tags: { b: null } },
    ]);
  });

  it.each(['temp_tables', 'bound_arrays'] as const)(
    'asks the condition of a reading of the rows found alone, however many others there are (%s)',
    async (carrier) => {
      await db.pool.query(
        `CREATE TABLE many_${carrier} (id int PRIMARY KEY, ws text, email text, divisor int);
         INSERT INTO many_${carrier} SELECT n, 'w', CASE WHEN n % 3 = 0 THEN 'jane@example.com' END, (n % 3 = 0)::int
           FROM generate_series(1, 30000) n`,
      );
      await db.pool.query(`ANALYZE many_${carrier}`);
      const plan = planSearch(mapOf(collection(`many_${carrier}`, [key('id'), email()], { tenant: 'ws' })), 'crm', [
        jane,
      ]);
      const [first] = plan.collections;
      if (first === undefined) throw new Error('The plan is empty.');
      const reading: Reading = { columns: [{ name: 'id', value: 't.id' }], condition: '1 / t.divisor = 1' };
      const read = await inSnapshot(db.pool, plan, 'w', (snapshot) => copied(snapshot, first, reading), carrier);
      expect(lines(read)).toHaveLength(10_000);
    },
  );

  it('leaves out what the map redacts or does not name', async () => {
    await db.pool.query(`
      CREATE TABLE users (id int PRIMARY KEY, ws text, email text, password text, unmapped text);
      INSERT INTO users VALUES (1, 'w', 'jane@example.com', 'hash', 'x')`);
    const map = mapOf(
      collection('users', [key('id'), email(), field('password', { redact: 'name' })], { tenant: 'ws' }),
    );
    expect(await copy(map, jsonReading)).toBe('{"id":1,"email":"jane@example.com"}\n');
  });
});

describe('a value for a spreadsheet', () => {
  it('is text where it would be calculated, and stays as it is where it is a number', async () => {
    await db.pool.query(`
      CREATE DOMAIN nickname AS varchar(40);
      CREATE TABLE sheet (note text, nick nickname, n numeric, i bigint, f double precision, d interval, at date, j jsonb, ok boolean);
      INSERT INTO sheet VALUES
        ('=1+1', '+49', -5.50, -7, '-Infinity', '-1 day', '-infinity', '-3', true),
        ('@SUM(A1)', '-x', 0, 0, 0, NULL, '2026-01-02', '"=x"', false),
        (e'\\tx', e'\\r', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (e'\\nx', 'x=1', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('plain', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
    const values = ['note', 'nick', 'n', 'i', 'f', 'd', 'at', 'j', 'ok'].map((name) => safeInSheet(`t.${name}`));
    const { rows } = await db.pool.query({ text: `SELECT ${values.join(', ')} FROM sheet t`, rowMode: 'array' });
    const nothing = [null, null, null, null, null, null, null];
    expect(rows).toEqual([
      ["'=1+1", "'+49", '-5.50', '-7', '-Infinity', '-1 days', "'-infinity", "'-3", 'true'],
      ["'@SUM(A1)", "'-x", '0', '0', '0', null, '2026-01-02', '"=x"', 'false'],
      ["'\tx", "'\r", ...nothing],
      ["'\nx", 'x=1', ...nothing],
      ['plain', '', ...nothing],
    ]);
  });
});

describe('the media of a collection', () => {
  it('are the objects that its rows name, with the key of the row', async () => {
    await db.pool.query(`
      CREATE TABLE videos (ws text, id int, email text, object text, thumb text, title text, PRIMARY KEY (ws, id));
      INSERT INTO videos VALUES ('w', 1, 'jane@example.com', 'v/1.mp4', NULL, e'A "tour"\\n1.mp4'), ('w', 2, 'jane@example.com', NULL, 't/2.png', 'b'),
        ('other', 3, 'jane@example.com', 'v/3.mp4', NULL, 'c')`);
    const media = [
      { column: 'object', store: 'crm-media', name_column: 'title' },
      { column: 'thumb', store: 'crm-media' },
    ];
    const map = mapOf(collection('videos', [key('ws'), key('id'), email()], { tenant: 'ws', media }));
    const listed = (index: number) =>
      copy(map, (planned) => {
        const wanted = planned.media[index];
        if (wanted === undefined) throw new Error('The map has fewer media.');
        return mediaReading(planned, wanted);
      });
    expect(lines(await listed(0))).toEqual([{ key: ['w', 1], object: 'v/1.mp4', name: 'A "tour"\n1.mp4' }]);
    expect(lines(await listed(1))).toEqual([{ key: ['w', 2], object: 't/2.png', name: null }]);
  });
});
