import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryResult } from 'pg';
import { matches } from '../../data-map/matches.ts';
import { planSearch } from '../../data-map/plan.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, reference, refers } from './fixtures.ts';
import type { Json } from './fixtures.ts';
import { find } from './source.ts';

const HERE = '11111111-1111-4111-8111-111111111111';
const THERE = '22222222-2222-4222-8222-222222222222';
const jane = { type: 'email', value: 'jane_doe@example.com' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id uuid NOT NULL, email varchar(200), phone text, serial bigint, merged_into int);
    INSERT INTO contacts VALUES
      (1, '${HERE}', 'jane_doe@example.com', '+49 30 901820', 71, NULL),
      (2, '${HERE}', 'Jane_Doe@EXAMPLE.com', '030/901820', 72, 1),
      (3, '${HERE}', 'jane_doe+news@example.com', '+30 901820', 73, 2),
      (4, '${HERE}', 'janeXdoe@example.com', '030901821', 74, NULL),
      (5, '${HERE}', 'janeXdoe+a@example.com', NULL, NULL, NULL),
      (6, '${HERE}', 'jane_doe+x@example.org, bob@example.com', 'none', 76, NULL),
      (7, '${THERE}', 'jane_doe@example.com', '+4930901820', 71, 1),
      (8, '${HERE}', NULL, NULL, NULL, 3);`);
});
afterAll(() => db.drop());

describe('identities', () => {
  const contacts = collection('contacts', [
    key('id'),
    email(),
    field('phone', { identity: 'phone_number' }),
    field('serial', { identity: 'serial' }),
  ]);
  const map = parseDataMap([mapFile(dataset([contacts], { phone_region: 'DE' }))]);

  it('of e-mail find other case and sub-addresses in the workspace, and nothing that only looks alike', async () => {
    expect(await find(db.pool, map, HERE, jane)).toEqual({ 'crm.contacts': ['1', '2', '3'] });
    expect(await find(db.pool, map, THERE, jane)).toEqual({ 'crm.contacts': ['7'] });
  });

  it('of e-mail with a sub-address find the plain one', async () => {
    const tagged = { type: 'email', value: 'JANE_doe+other@example.com' };
    expect(await find(db.pool, map, HERE, tagged)).toEqual({ 'crm.contacts': ['1', '2', '3'] });
  });

  it('of a phone find every spelling, but not the same digits of another country', async () => {
    const phone = { type: 'phone_number', value: '+49 30 901820' };
    expect(await find(db.pool, map, HERE, phone)).toEqual({ 'crm.contacts': ['1', '2'] });
  });

  it('of other kinds are compared as they are, also where the column is no text', async () => {
    expect(await find(db.pool, map, HERE, { type: 'serial', value: '71' })).toEqual({ 'crm.contacts': ['1'] });
    expect(await find(db.pool, map, HERE, { type: 'serial', value: "71' OR true --" })).toEqual({});
  });

  it('tell which rows they point at directly, no more than are asked for', async () => {
    const [planned] = planSearch(map, 'crm', [jane]).collections;
    const keysOf = async (limit: number): Promise<readonly unknown[]> => {
      const statement = planned && matches(planned, planned.seeds, HERE, limit);
      const { rows }: QueryResult<{ key: unknown }> = await db.pool.query(statement?.text ?? '', [
        ...(statement?.values ?? []),
      ]);
      return rows.map(({ key: found }) => found);
    };
    expect(await keysOf(10)).toEqual(expect.arrayContaining([{ id: '1' }, { id: '2' }, { id: '3' }]));
    expect(await keysOf(2)).toHaveLength(2);
    expect(planned && matches(planned, [], HERE, 1)).toBeUndefined();
  });

  it('of several kinds add up', async () => {
    const found = await find(
      db.pool,
      map,
      HERE,
      jane,
      { type: 'serial', value: '74' },
      { type: 'phone_number', value: '+49 30 901821' },
    );
    expect(found).toEqual({ 'crm.contacts': ['1', '2', '3', '4'] });
  });
});

describe('references', () => {
  beforeAll(() =>
    db.pool.query(`
      CREATE TABLE taggings (contact_id int, tag_id int, workspace_id uuid NOT NULL, PRIMARY KEY (contact_id, tag_id));
      CREATE TABLE tags (id int PRIMARY KEY, workspace_id uuid NOT NULL);
      INSERT INTO tags VALUES (1, '${HERE}'), (2, '${HERE}'), (3, '${THERE}');
      INSERT INTO taggings VALUES (1, 1, '${HERE}'), (4, 2, '${HERE}'), (1, 3, '${HERE}'), (2, 1, '${THERE}');

      CREATE TABLE lines (invoice int, line int, contact_id int, workspace_id uuid NOT NULL, PRIMARY KEY (workspace_id, invoice, line));
      INSERT INTO lines VALUES (1, 1, 1, '${HERE}'), (1, 2, 4, '${HERE}'), (2, 2, 1, '${HERE}'), (1, 2, 1, '${THERE}');
      CREATE TABLE remarks (id int PRIMARY KEY, invoice int, line int, workspace_id uuid NOT NULL);
      INSERT INTO remarks VALUES (1, 1, 1, '${HERE}'), (2, 1, 2, '${HERE}'), (3, 2, 1, '${HERE}'), (4, 2, 2, '${HERE}'), (5, 1, 1, '${THERE}');

      CREATE TABLE events (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, payload jsonb, raw json);
      INSERT INTO events VALUES
        ('aaaaaaaa-0000-4000-8000-000000000001', '${HERE}', '{"actor": {"id": 1, "it''s": "a\\\\b"}}', '{"mail": "x@example.com"}'),
        ('aaaaaaaa-0000-4000-8000-000000000002', '${HERE}', '{"actor": {"id": "4"}}', '{"mail": "Jane_Doe+z@example.com"}'),
        ('aaaaaaaa-0000-4000-8000-000000000003', '${HERE}', '{"actor": 1}', NULL),
        ('aaaaaaaa-0000-4000-8000-000000000004', '${THERE}', '{"actor": {"id": 1}}', '{"mail": "jane_doe@example.com"}'),
        ('aaaaaaaa-0000-4000-8000-000000000005', '${HERE}', 'null', '[1]');
      CREATE TABLE replies (id int PRIMARY KEY, workspace_id uuid NOT NULL, about jsonb);
      INSERT INTO replies VALUES (1, '${HERE}', '{"event": "aaaaaaaa-0000-4000-8000-000000000001"}'), (2, '${HERE}', '{"event": 7}');`),
  );

  const contacts = collection('contacts', [key('id'), email()]);

  it('are followed through the middle of a many-to-many relation, never into another workspace', async () => {
    const map = mapOf(
      contacts,
      collection('taggings', [
        key('contact_id', { references: [reference('contacts.id', 'from')] }),
        key('tag_id', { references: [reference('tags.id', 'to')] }),
      ]),
      collection('tags', [key('id')]),
    );
    expect(await find(db.pool, map, HERE, jane)).toEqual({
      'crm.contacts': ['1', '2', '3'],
      'crm.taggings': ['1/1', '1/3'],
      'crm.tags': ['1'],
    });
  });

  it('of one row to another of the same table are followed to their end', async () => {
    const merged = (direction?: 'from' | 'to') =>
      mapOf(collection('contacts', [key('id'), email(), refers('merged_into', 'contacts.id', direction)]));
    const three = { type: 'email', value: 'jane_doe@example.com' };
    expect(await find(db.pool, merged('from'), HERE, three)).toEqual({ 'crm.contacts': ['1', '2', '3', '8'] });
    expect(await find(db.pool, merged(), THERE, three)).toEqual({ 'crm.contacts': ['7'] });
  });

  it('by a composite key need all of it', async () => {
    const map = mapOf(
      contacts,
      collection('lines', [
        key('workspace_id'),
        key('invoice'),
        key('line'),
        refers('contact_id', 'contacts.id', 'from'),
      ]),
      collection('remarks', [
        key('id'),
        refers('invoice', 'lines.invoice', 'from'),
        refers('line', 'lines.line', 'from'),
      ]),
    );
    expect(await find(db.pool, map, HERE, jane)).toMatchObject({
      'crm.lines': [`${HERE}/1/1`, `${HERE}/2/2`],
      'crm.remarks': ['1', '4'],
    });
  });

  it('and identities inside JSON columns are found, whatever else is in there', async () => {
    const map = mapOf(
      contacts,
      collection('events', [
        key('id'),
        field('payload', {}, { fields: [field('actor', {}, { fields: [refers('id', 'contacts.id', 'from')] })] }),
        field('raw', {}, { fields: [field('mail', { identity: 'email' })] }),
      ]),
      collection('replies', [key('id'), field('about', {}, { fields: [refers('event', 'events.id', 'from')] })]),
    );
    expect(await find(db.pool, map, HERE, jane)).toMatchObject({
      'crm.events': ['aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000002'],
      'crm.replies': ['1'],
    });
    const odd = collection('events', [
      key('id'),
      field('payload', {}, { fields: [field('actor', {}, { fields: [field("it's", { identity: 'odd' })] })] }),
    ]);
    expect(await find(db.pool, mapOf(odd), HERE, { type: 'odd', value: 'a\\b' })).toEqual({
      'crm.events': ['aaaaaaaa-0000-4000-8000-000000000001'],
    });
  });
});

describe('lists', () => {
  const contacts = collection('contacts', [key('id'), email()]);
  beforeAll(() =>
    db.pool.query(`
      CREATE TABLE threads (id int PRIMARY KEY, workspace_id uuid NOT NULL, members int[], mails text[], doc jsonb, raw json);
      INSERT INTO threads VALUES
        (1, '${HERE}', '{1,4}', '{bob@example.com}', '{"people": [{"id": 4}, {"id": "1"}], "mails": ["x@example.com"]}', NULL),
        (2, '${HERE}', '{4}', '{bob@example.com,Jane_Doe+a@example.com}', '{"people": {"id": 1}, "mails": "jane_doe@example.com"}', NULL),
        (3, '${HERE}', '{}', NULL, '{"people": [[{"id": 1}], 7, null]}', '["jane_doe@example.com"]'),
        (4, '${THERE}', '{1,7}', '{jane_doe@example.com}', '{"people": [{"id": 1}]}', NULL),
        (5, '${HERE}', NULL, '{}', 'null', '{"a": 1}');
      CREATE TABLE votes (id int PRIMARY KEY, workspace_id uuid NOT NULL, thread_ids jsonb);
      INSERT INTO votes VALUES (1, '${HERE}', '[3, 1]'), (2, '${HERE}', '[]'), (3, '${THERE}', '[1]'), (4, '${HERE}', '1')`),
  );
  const threads = (...fields: readonly Json[]) => mapOf(contacts, collection('threads', [key('id'), ...fields]));
  const list = { data_type: 'integer[]' };

  it('of PostgreSQL lead to rows and are led to', async () => {
    const members = (direction: 'from' | 'to') => threads(refers('members', 'contacts.id', direction, list));
    expect(await find(db.pool, members('from'), HERE, jane)).toMatchObject({ 'crm.threads': ['1'] });
    const back = threads(
      field('members', { ...list, references: [reference('contacts.id', 'to')] }),
      field('mails', { data_type: 'string[]', identity: 'email' }),
    );
    expect(await find(db.pool, back, HERE, { type: 'email', value: 'bob@example.com' })).toMatchObject({
      'crm.contacts': ['1', '4'],
      'crm.threads': ['1', '2'],
    });
    expect(await find(db.pool, back, THERE, jane)).toEqual({ 'crm.contacts': ['7'], 'crm.threads': ['4'] });
  });

  it('hold identities, spelt as anywhere else', async () => {
    const mails = mapOf(
      collection('threads', [key('id'), field('mails', { data_type: 'string[]', identity: 'email' })]),
    );
    expect(await find(db.pool, mails, HERE, jane)).toEqual({ 'crm.threads': ['2'] });
    const raw = mapOf(collection('threads', [key('id'), field('raw', { data_type: 'string[]', identity: 'email' })]));
    expect(await find(db.pool, raw, HERE, jane)).toEqual({ 'crm.threads': ['3'] });
  });

  it('inside JSON are gone through at any depth, and a single value counts as a list of one', async () => {
    const doc = (...fields: readonly Json[]) => threads(field('doc', { data_type: 'object' }, { fields }));
    const people = doc(field('people', { data_type: 'object[]' }, { fields: [refers('id', 'contacts.id', 'from')] }));
    expect(await find(db.pool, people, HERE, jane)).toMatchObject({ 'crm.threads': ['1', '2', '3'] });
    const mails = doc(field('mails', { data_type: 'string[]', identity: 'email' }));
    expect(await find(db.pool, mails, HERE, jane)).toMatchObject({ 'crm.threads': ['2'] });
  });

  it('of JSON lead on to other rows', async () => {
    const map = mapOf(
      contacts,
      collection('threads', [key('id'), refers('members', 'contacts.id', 'from', list)]),
      collection('votes', [key('id'), refers('thread_ids', 'threads.id', 'from', list)]),
    );
    expect(await find(db.pool, map, HERE, jane)).toMatchObject({ 'crm.threads': ['1'], 'crm.votes': ['1', '4'] });
  });
});

describe('columns of different types', () => {
  it('are compared by their text, and text that is no value of the other type matches nothing', async () => {
    await db.pool.query(`
      CREATE TABLE exports (id int PRIMARY KEY, workspace_id uuid NOT NULL, subject text, doc jsonb);
      INSERT INTO exports VALUES (1, '${HERE}', '1', NULL), (2, '${HERE}', 'n/a', NULL), (3, '${HERE}', '99999999999999999999', NULL),
        (4, '${HERE}', '01', NULL), (5, '${HERE}', NULL, NULL), (6, '${THERE}', '7', NULL)`);
    const map = (direction?: 'from' | 'to') =>
      mapOf(
        collection('contacts', [key('id')]),
        collection('exports', [
          key('id'),
          field('subject', { identity: 'subject', references: [reference('contacts.id', direction)] }),
        ]),
      );
    const by = (value: string) => ({ type: 'subject', value });
    expect(await find(db.pool, map(), HERE, by('1'), by('n/a'), by('99999999999999999999'), by('01'))).toEqual({
      'crm.contacts': ['1'],
      'crm.exports': ['1', '2', '3', '4'],
    });
    const forth = mapOf(
      collection('contacts', [key('id'), email()]),
      collection('exports', [key('id'), refers('subject', 'contacts.id', 'from')]),
    );
    expect(await find(db.pool, forth, HERE, jane)).toMatchObject({ 'crm.exports': ['1'] });
  });
});

describe('names', () => {
  it('may hold quotes, dots, spaces, keywords and SQL', async () => {
    const table = `we"ird.'; DROP TABLE contacts; --`;
    const id = `i"d' \\ $1`;
    const mail = 'select "E-Mail"';
    await db.pool.query(`
      CREATE SCHEMA "My ""Schema""";
      CREATE TABLE "My ""Schema"""."we""ird.'; DROP TABLE contacts; --" ("i""d' \\ $1" text PRIMARY KEY, round int, "k0" text, "select ""E-Mail""" text, "user" uuid);
      INSERT INTO "My ""Schema"""."we""ird.'; DROP TABLE contacts; --" VALUES ('a', 1, 'x', 'jane_doe@example.com', '${HERE}'), ('b', 2, 'a', NULL, '${HERE}')`);
    const hostile = collection(table, [key(id), email(mail), field('round'), refers('k0', `${table}.${id}`, 'from')], {
      tenant: 'user',
      schema: 'My "Schema"',
    });
    expect(await find(db.pool, mapOf(hostile), HERE, jane)).toEqual({ [`crm.${table}`]: ['a', 'b'] });
    expect(await find(db.pool, mapOf(hostile), THERE, jane)).toEqual({});
  });

  it('are those of the source, even when a temporary table has the same', async () => {
    const client = await db.pool.connect();
    await client.query(`CREATE TEMP TABLE contacts (id int, workspace_id uuid, email text)`);
    client.release();
    const map = mapOf(collection('contacts', [key('id'), email()]));
    expect(await find(db.pool, map, THERE, jane)).toEqual({ 'crm.contacts': ['7'] });
  });
});
