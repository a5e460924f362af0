import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueryResult } from 'pg';
import { parseDataMap } from '../../data-map/parse.ts';
import { planSearch } from '../../data-map/plan.ts';
import { rowsBy } from '../../data-map/seeds.ts';
import { Binds } from '../../data-map/sql-text.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, refers } from './fixtures.ts';
import type { Json } from './fixtures.ts';
import { findBy } from './source.ts';
import { runs } from '../support/property-runs.ts';

const jane = { type: 'email', value: 'jane@example.com' };
const phone = { type: 'phone_number', value: '+49 30 901820' };
const badge = { type: 'badge', value: 'B-100200' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, other_email text, phone text, badge text, about jsonb);
    CREATE TABLE views (id int PRIMARY KEY, workspace_id text NOT NULL, email text);
    CREATE TABLE bags (id int, part int, workspace_id text NOT NULL, badge text, PRIMARY KEY (id, part));
    CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int, body text);
    INSERT INTO contacts VALUES
      (1, 'w', 'jane@example.com', NULL, '030 901820', 'B-100200', NULL),
      (2, 'w', 'bob@example.com', 'JANE+x@example.com', NULL, NULL, NULL),
      (3, 'w', NULL, NULL, '+4930901820', NULL, NULL),
      (4, 'w', 'ann@example.com', NULL, NULL, NULL, '{"say": ["ask\\njane@example.com"]}');
    INSERT INTO views VALUES (1, 'w', 'jane@example.com'), (2, 'w', 'bob@example.com');
    INSERT INTO bags VALUES (1, 1, 'w', 'B-100200'), (1, 2, 'w', NULL), (2, 1, 'other', 'B-100200');
    INSERT INTO notes VALUES (1, 'w', 4, 'Ask JANE@example.com.'), (2, 'w', 4, 'xjane@example.com'), (3, 'w', 4, 'call 030 / 90 18-20!'),
      (4, 'w', 4, 'badge b-100200'), (5, 'w', 4, 'badge B-1002003'), (6, 'other', 4, 'jane@example.com'), (7, 'w', 1, 'nothing')`);
});
afterAll(() => db.drop());

const profile = [
  key('id'),
  email(),
  email('other_email'),
  field('phone', { identity: 'phone_number' }),
  field('badge', { identity: 'badge' }),
];
const contacts = collection('contacts', profile);
const views = collection('views', [key('id'), email()]);
const bags = collection('bags', [key('id'), key('part'), field('badge', { identity: 'badge' })]);
const notes = collection('notes', [
  key('id'),
  refers('contact_id', 'contacts.id'),
  field('body', { steward: { free_text: true } }),
]);
const german = (...collections: readonly Json[]) =>
  parseDataMap([mapFile(dataset(collections, { phone_region: 'DE' }))]);

describe('several identities', () => {
  const map = german(contacts, views, bags);

  it('add up when any of them counts', async () => {
    expect(await findBy(db.pool, map, 'w', [jane, badge])).toEqual({
      'crm.contacts': ['1', '2'],
      'crm.views': ['1'],
      'crm.bags': ['1/1'],
    });
  });

  it('must all be in a row whose collection has columns for them when all count, in whichever of those', async () => {
    const all = (...identities: Parameters<typeof findBy>[3]) =>
      findBy(db.pool, map, 'w', identities, { combine: 'all' });
    expect(await all(jane, badge)).toEqual({ 'crm.contacts': ['1'], 'crm.views': ['1'], 'crm.bags': ['1/1'] });
    expect(await all(jane, { type: 'email', value: 'bob@example.com' })).toEqual({ 'crm.contacts': ['2'] });
    expect(await all(phone, badge)).toEqual({ 'crm.contacts': ['1'], 'crm.bags': ['1/1'] });
  });
});

describe('an identifier that proves nothing alone', () => {
  const uncertain = ['email', 'phone_number', 'badge'];

  it('finds nothing but what is confirmed, by its key and from there on', async () => {
    const map = german(contacts, collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from')]));
    expect(await findBy(db.pool, map, 'w', [phone])).toMatchObject({ 'crm.contacts': ['1', '3'] });
    expect(await findBy(db.pool, map, 'w', [phone], { uncertain })).toEqual({});
    const confirmed = [{ collection: 'crm.contacts', key: { id: '1' } }];
    expect(await findBy(db.pool, map, 'w', [phone], { uncertain, confirmed })).toEqual({
      'crm.contacts': ['1'],
      'crm.notes': ['7'],
    });
    expect(await findBy(db.pool, map, 'elsewhere', [phone], { uncertain, confirmed })).toEqual({});
  });

  it('is confirmed by a key of several columns, in any number', async () => {
    const map = mapOf(bags);
    const confirmed = [1, 2, 3].map((part) => ({ collection: 'crm.bags', key: { id: 1, part } }));
    expect(await findBy(db.pool, map, 'w', [badge], { confirmed })).toEqual({ 'crm.bags': ['1/1', '1/2'] });
  });

  it('counts when a strong one is beside it and both are asked for, and when the map calls it strong', async () => {
    const options = { uncertain, combine: 'all' } as const;
    expect(await findBy(db.pool, german(contacts), 'w', [jane, phone], options)).toEqual({ 'crm.contacts': ['1'] });
    const strong = field('phone', { identity: 'phone_number', steward: { weak: false } });
    const map = german(collection('contacts', [key('id'), strong]));
    expect(await findBy(db.pool, map, 'w', [phone], { uncertain })).toEqual({ 'crm.contacts': ['1', '3'] });
    const weak = mapOf(
      collection('bags', [key('id'), key('part'), field('badge', { identity: 'badge', steward: { weak: true } })]),
    );
    expect(await findBy(db.pool, weak, 'w', [badge], { uncertain })).toEqual({});
  });
});

describe('a text', () => {
  it('that mentions a person as a word of its own is found, and nobody is concluded from it', async () => {
    const map = german(contacts, notes);
    const found = await findBy(db.pool, map, 'w', [jane, badge, phone]);
    expect(found['crm.notes']).toEqual(['1', '3', '4', '7']);
    expect(found['crm.contacts']).toEqual(['1', '2', '3']);
  });

  it('proves nothing alone in a profile, or by a phone number, or where the map says so', async () => {
    const options = { uncertain: ['email', 'phone_number', 'badge'] };
    const about = field('about', { data_type: 'object', steward: { free_text: true } });
    expect(await findBy(db.pool, mapOf(collection('contacts', [...profile, about])), 'w', [jane])).toEqual({
      'crm.contacts': ['1', '2', '4'],
    });
    expect(await findBy(db.pool, mapOf(collection('contacts', [...profile, about])), 'w', [jane], options)).toEqual({
      'crm.contacts': ['1', '2'],
    });
    expect(await findBy(db.pool, german(notes, contacts), 'w', [phone], options)).toEqual({});
    const doubtful = collection('notes', [key('id'), field('body', { steward: { free_text: true, weak: true } })]);
    expect(await findBy(db.pool, mapOf(doubtful), 'w', [jane], options)).toEqual({});
    const confirmed = [{ collection: 'crm.notes', key: { id: 3 }, mention: true }];
    expect(await findBy(db.pool, german(notes, contacts), 'w', [phone], { ...options, confirmed })).toEqual({
      'crm.notes': ['3'],
    });
  });

  it('must mention all of the identities when all count', async () => {
    await db.pool.query(`INSERT INTO notes VALUES (8, 'w', 4, 'B-100200 is jane@example.com')`);
    const map = mapOf(collection('notes', [key('id'), field('body', { steward: { free_text: true } })]));
    expect(await findBy(db.pool, map, 'w', [jane, badge], { combine: 'all' })).toEqual({ 'crm.notes': ['8'] });
    await db.pool.query('DELETE FROM notes WHERE id = 8');
  });

  it('is not searched for ids so short that they are words by chance', async () => {
    const map = mapOf(collection('notes', [key('id'), field('body', { steward: { free_text: true } })]), bags);
    expect(await findBy(db.pool, map, 'w', [{ type: 'badge', value: 'call' }])).toEqual({});
  });

  it('is not searched for ids without a letter or digit, which are ruled lines by chance', async () => {
    await db.pool.query(`INSERT INTO notes VALUES (9, 'w', 4, 'first\n------\nsecond')`);
    const map = mapOf(collection('notes', [key('id'), field('body', { steward: { free_text: true } })]), bags);
    expect(await findBy(db.pool, map, 'w', [{ type: 'badge', value: '------' }])).toEqual({});
    await db.pool.query('DELETE FROM notes WHERE id = 9');
  });

  it('is searched by an index of trigrams where there is one', async () => {
    await db.pool.query(`
      CREATE EXTENSION IF NOT EXISTS pg_trgm;
      CREATE TABLE posts (id int PRIMARY KEY, workspace_id text NOT NULL, body text);
      INSERT INTO posts SELECT n, 'w', 'post ' || md5(n::text) || ' by person' || n || '@example.com' FROM generate_series(1, 20000) n;
      CREATE INDEX posts_body ON posts USING gin (body gin_trgm_ops);
      ANALYZE posts`);
    const map = mapOf(collection('posts', [key('id'), field('body', { steward: { free_text: true } })]), contacts);
    const short = [
      { type: 'email', value: 'a@b.de' },
      { type: 'badge', value: 'a-1-b-2' },
    ];
    for (const identity of [{ type: 'email', value: 'person77@example.com' }, phone, badge, ...short]) {
      const [planned] = planSearch(map, 'crm', [identity]).collections;
      const binds = new Binds();
      const text = planned && rowsBy(planned.mentions, planned, 't.id', 'w', binds);
      const { rows }: QueryResult<{ 'QUERY PLAN': string }> = await db.pool.query(`EXPLAIN ${text ?? ''}`, [
        ...binds.values,
      ]);
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('posts_body');
    }
  });
});

describe('a phone number', () => {
  beforeEach(() =>
    db.pool.query(
      'CREATE TABLE IF NOT EXISTS calls (id int PRIMARY KEY, workspace_id text NOT NULL, phone text, body text)',
    ),
  );
  const map = german(
    collection('calls', [
      key('id'),
      field('phone', { identity: 'phone_number' }),
      field('body', { steward: { free_text: true, weak: false } }),
    ]),
  );
  const grouping = fc.array(fc.constantFrom('', ' ', '-', '/', '.'), { minLength: 6, maxLength: 6 });
  const prefix = fc.constantFrom('+49 ', '0049 ', '0', '+49 (0)', '(0');

  it('is found however it is written, in its column and in a text, and another number never is', async () => {
    await fc.assert(
      fc.asyncProperty(prefix, grouping, fc.integer({ min: 1, max: 899 }), async (start, separators, off) => {
        const write = (area: string, digits: string) => {
          const opened = `${start}${area}${start.startsWith('(') ? ') ' : ' '}`;
          return (
            opened +
            Array.from(digits)
              .map((digit, index) => `${digit}${index === 4 ? '' : (separators[index] ?? '')}`)
              .join('')
              .trim()
          );
        };
        const own = write('30', '901820').replace(/[-/.]$/, '');
        const other = write('30', String(901_820 - off * 100)).replace(/[-/.]$/, '');
        await db.pool.query('DELETE FROM calls');
        await db.pool.query(
          `INSERT INTO calls VALUES (1, 'w', $1, ''), (2, 'w', '', $2), (3, 'w', $3, ''), (4, 'w', '', $4)`,
          [own, `Call ${own}, please`, other, `Call ${other}, please`],
        );
        expect(await findBy(db.pool, map, 'w', [phone])).toEqual({ 'crm.calls': ['1', '2'] });
      }),
      { numRuns: runs(60) },
    );
  });
});
