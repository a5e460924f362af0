import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalogue } from '../../../data-map/catalogue/read.ts';
import type { Catalogue } from '../../../data-map/catalogue/model.ts';
import { ALL_BUT_MENTIONS, assignments, maskingOf } from '../../../data-map/erasing/masks.ts';
import type { PlannedCollection } from '../../../data-map/plan.ts';
import { planSearch } from '../../../data-map/plan.ts';
import { Binds } from '../../../data-map/sql-text.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { collection, email, field, key, mapOf } from '../fixtures.ts';
import type { Json } from '../fixtures.ts';

let db: TestDatabase;
let catalogue: Catalogue;

const SCHEMA = `
  CREATE TYPE mood AS ENUM ('calm', 'cross');
  CREATE TABLE people (id integer PRIMARY KEY, workspace_id text NOT NULL, email text, needed text NOT NULL,
    short char(3) NOT NULL, code varchar(24) NOT NULL UNIQUE, number bigint NOT NULL UNIQUE, born date, seen timestamptz NOT NULL,
    amount numeric(10, 2) NOT NULL, flag boolean NOT NULL, uid uuid NOT NULL UNIQUE, tags text[] NOT NULL, ip inet NOT NULL,
    raw bytea NOT NULL, mood mood NOT NULL, doc jsonb NOT NULL, opt jsonb, note text, system text, box box NOT NULL,
    tiny smallint NOT NULL UNIQUE);
  INSERT INTO people SELECT i, 'w', 'maya' || i || '@example.com', 'needed', 'abc', 'code' || i, i, '1990-05-17', '2024-05-17 10:00Z',
    1234.56, true, gen_random_uuid(), '{a}', '10.0.0.1', 'x', 'cross', '{"a": {"b": 1, "c": "secret"}, "d": 2}', '{"x": 1}',
    'write to maya@example.com or +1 415 555 0132, room 7', 'kept', '((0,0),(1,1))', i FROM generate_series(1, 3) i;
`;

beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(SCHEMA);
  catalogue = await readCatalogue(db.pool, ['public']);
});
afterAll(() => db.drop());

const USER = { data_categories: ['user.content'] };

/** The collection with these fields, each of a person unless it says otherwise. */
function peopleWith(...fields: readonly Json[]): PlannedCollection {
  const map = mapOf(
    collection('people', [
      key('id'),
      field('workspace_id'),
      { ...email(), data_categories: ['user.contact.email'] },
      ...fields,
    ]),
  );
  const [planned] = planSearch(map, 'crm', [{ type: 'email', value: 'maya@example.com' }]).collections;
  if (!planned) throw new Error('There is no plan.');
  return planned;
}

const PADS = { inner: randomBytes(64), outer: randomBytes(64) };

/** What becomes of the first row; nothing of it stays. */
async function masked(fields: readonly Json[], keeps: readonly string[] = []): Promise<Record<string, unknown>> {
  const masking = maskingOf(catalogue, peopleWith(...fields), [], keeps);
  expect(masking.problems).toEqual([]);
  const binds = new Binds();
  const set = assignments(masking, PADS)(binds).join(', ');
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`UPDATE people t SET ${set}`, [...binds.values]);
    const { rows } = await client.query<Record<string, unknown>>(
      'SELECT *, born::text AS born, seen::text AS seen, amount::text AS amount, raw::text AS raw FROM people ORDER BY id',
    );
    const distinct = await client.query('SELECT count(DISTINCT code)::int AS n FROM people');
    expect(distinct.rows).toEqual([{ n: 3 }]);
    return rows[0] ?? {};
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

const by = (strategy: string, configuration: Json = {}): Json => ({
  masking_strategy_override: { strategy, configuration },
});
const user = (name: string, meta: Json = {}, more: Json = {}): Json => field(name, meta, { ...USER, ...more });

describe('a column of a person', () => {
  it('is emptied where it may be, and gets a neutral value of its type where it may not', async () => {
    const names = [
      'needed',
      'short',
      'seen',
      'amount',
      'flag',
      'tags',
      'ip',
      'raw',
      'mood',
      'doc',
      'opt',
      'born',
      'note',
    ];
    expect(await masked(names.map((name) => user(name)))).toMatchObject({
      email: null,
      needed: '[erased]',
      short: '[er',
      seen: expect.stringMatching(/^1970-01-01/),
      amount: '0.00',
      flag: false,
      tags: [],
      ip: '0.0.0.0',
      raw: '\\x',
      mood: 'calm',
      doc: {},
      opt: null,
      born: null,
      note: null,
    });
  });

  it('gets a value of its own where no two rows may agree', async () => {
    const row = await masked(['code', 'number', 'uid'].map((name) => user(name)));
    expect(row['code']).toMatch(/^erased-[0-9a-f]{17}$/);
    expect(Number(row['number'])).toBeLessThan(0);
    expect(row['uid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gets one of its own too where the map wants the same for all', async () => {
    const row = await masked([user('code', by('string_rewrite', { rewrite_value: 'gone' }))]);
    expect(row['code']).toMatch(/^erased-/);
  });

  it('stays when a ground keeps it, when it is of the system, and when the map preserves it', async () => {
    const fields = [
      user('needed'),
      field('system', {}, { data_categories: ['system.operations'] }),
      user('note', by('preserve')),
    ];
    expect(await masked(fields, ['needed'])).toMatchObject({
      needed: 'needed',
      system: 'kept',
      note: expect.stringMatching(/^write/),
      email: null,
    });
  });

  it.each<[string, Json, unknown]>([
    ['note', by('null_rewrite'), null],
    ['needed', by('null_rewrite'), '[erased]'],
    ['needed', by('string_rewrite', { rewrite_value: "o'neill" }), "o'neill"],
    [
      'needed',
      by('string_rewrite', { rewrite_value: 'masked', format_preservation: { suffix: '@example.com' } }),
      'masked@example.com',
    ],
    ['needed', by('random_string_rewrite', { length: 50 }), expect.stringMatching(/^[0-9a-f]{50}$/)],
    ['needed', by('hash'), createHash('sha256').update('needed').digest('hex')],
    ['needed', by('hash', { algorithm: 'SHA-512' }), createHash('sha512').update('needed').digest('hex')],
    ['code', by('hash'), createHash('sha256').update('code1').digest('hex').slice(0, 24)],
    ['needed', by('generalise', { length: 1 }), 'n'],
    ['amount', by('generalise', { step: 500 }), '1000.00'],
    ['born', by('truncate_date'), '1990-01-01'],
    ['born', by('truncate_date', { unit: 'month' }), '1990-05-01'],
    ['doc', by('remove_paths', { paths: ['a.c', 'd'] }), { a: { b: 1 } }],
    ['note', by('redact'), 'write to [erased] or [erased], room 7'],
  ])('is masked as the map says: %s by %j', async (name, meta, expected) => {
    expect((await masked([user(name, meta)]))[name]).toEqual(expected);
  });

  it('is hashed with a key that is no part of the statement', async () => {
    const secret = Buffer.alloc(64);
    randomBytes(32).copy(secret);
    PADS.inner.set(secret.map((byte) => byte ^ 0x36));
    PADS.outer.set(secret.map((byte) => byte ^ 0x5c));
    const row = await masked([user('needed', by('hmac'))]);
    expect(row['needed']).toBe(createHmac('sha256', secret.subarray(0, 32)).update('needed').digest('hex'));
  });

  it('is masked inside of JSON where the map says something of its parts', async () => {
    const nested = [
      { name: 'a', data_categories: ['user'], fields: [{ name: 'c', fides_meta: by('hash'), ...USER }] },
      { name: 'd', ...USER, fides_meta: by('null_rewrite') },
    ];
    const row = await masked([user('doc', { data_type: 'object' }, { fields: nested })]);
    expect(row['doc']).toEqual({ a: { b: 1, c: createHash('sha256').update('secret').digest('hex') } });
  });
});

describe('a record of others that mentions the person', () => {
  it('loses the identifiers of the person, in any case, and nothing else', async () => {
    const fields = [
      user('note', { steward: { free_text: true } }),
      user('opt', { data_type: 'object', steward: { free_text: true } }),
    ];
    await db.pool.query(`UPDATE people SET note = 'MAYA@example.com, maya+x@example.com and bob@example.com',
      opt = '{"to": ["maya@example.com"], "n": 1}'`);
    expect(await masked(fields, [ALL_BUT_MENTIONS])).toMatchObject({
      note: '[erased], [erased] and bob@example.com',
      opt: { to: ['[erased]'], n: 1 },
      email: 'maya1@example.com',
    });
  });
});

describe('a masking that cannot be', () => {
  it.each([
    [user('box'), 'crm.people.box: it must have a value, and there is no neutral one of type box'],
    [user('tiny'), 'crm.people.tiny: it must have a value, and there is no neutral one of type smallint'],
    [user('needed', by('aes_encrypt')), 'crm.people.needed: the masking strategy aes_encrypt is not one'],
    [user('needed', by('rot13')), 'crm.people.needed: the masking strategy rot13 is not one'],
  ])('is said before anything is done', (wrong, problem) => {
    const { problems } = maskingOf(catalogue, peopleWith(wrong), [], []);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});
