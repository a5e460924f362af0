import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithSources } from '../../../activities/map-checking/compare.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { MAP_ERRORS, MAP_WARNINGS } from '../../../domain/map-check.ts';
import type { MapFindingCode } from '../../../domain/map-check.ts';
import { openSources } from '../../../platform/sources.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { collection, field, key, mapFile, refers } from '../fixtures.ts';
import { CONTACTS_DDL, READER, compare, contacts } from './comparison.ts';
import type { Case } from './comparison.ts';

let database: TestDatabase;
const planted = new Set<MapFindingCode>();

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(() => database.drop());

/** One planted defect, which must be told exactly once and alone. */
async function only(code: MapFindingCode, wish: Case) {
  const result = await compare(database, wish);
  expect(result.codes()).toEqual([code]);
  planted.add(code);
  const [finding] = result.findings;
  if (finding === undefined) throw new Error('There is no finding.');
  return finding;
}

const NOTES_DDL = `
  CREATE TABLE notes (id bigint PRIMARY KEY, workspace_id uuid NOT NULL, contact_id uuid, body text);
  CREATE INDEX ON notes (workspace_id, contact_id);`;

const notes = (contactId = refers('contact_id', 'contacts.id', 'from'), steward = {}) =>
  collection('notes', [key('id'), { name: 'workspace_id' }, contactId, { name: 'body' }], steward);

describe('the comparison of the map with the catalogue', () => {
  it('finds nothing where both agree', async () => {
    const { findings } = await compare(database, {
      ddl: `${CONTACTS_DDL}${NOTES_DDL} ALTER TABLE notes ADD FOREIGN KEY (contact_id) REFERENCES contacts (id)`,
      collections: [contacts(), notes()],
    });
    expect(findings).toEqual([]);
  });

  it('names a table that is not mapped, and how to declare it', async () => {
    const finding = await only('table-unmapped', { ddl: `${CONTACTS_DDL} CREATE TABLE secrets (id int)` });
    expect(finding.table).toMatch(/\.secrets$/);
    expect(finding.text).toContain('no_personal_data: "<reason>"');
  });

  it('takes a table or column that is declared with a reason, and asks for the reason where there is none', async () => {
    const ddl = `${CONTACTS_DDL} ALTER TABLE contacts ADD version int; CREATE TABLE versions (id int)`;
    const declared = (reason: unknown) => [
      contacts([field('version', { steward: { no_personal_data: reason } })]),
      { name: 'versions', fields: [], fides_meta: { steward: { no_personal_data: reason } } },
    ];
    expect((await compare(database, { ddl, collections: declared('a counter') })).findings).toEqual([]);
    const { of, codes } = await compare(database, { ddl, collections: declared(true) });
    expect(codes()).toEqual(['reason-missing', 'reason-missing']);
    expect(of('reason-missing').map(({ column }) => column)).toEqual(['version', undefined]);
    planted.add('reason-missing');
  });

  it('tells of a new column in a table without personal data whose columns the map lists', async () => {
    const ddl = `${CONTACTS_DDL} CREATE TABLE plans (id int, name text)`;
    const plans = { name: 'plans', fields: [{ name: 'id' }], fides_meta: { steward: { no_personal_data: 'prices' } } };
    const { findings } = await compare(database, { ddl, collections: [contacts(), plans] });
    expect(findings.map(({ code, column }) => [code, column])).toEqual([['column-unmapped', 'name']]);
  });

  it('names a column that is not mapped', async () => {
    const finding = await only('column-unmapped', { ddl: `${CONTACTS_DDL} ALTER TABLE contacts ADD nickname text` });
    expect(finding.column).toBe('nickname');
  });

  it('names a table of the map that is not there', async () => {
    const gone = collection('gone', [key('id')]);
    const finding = await only('table-missing', { ddl: CONTACTS_DDL, collections: [contacts(), gone] });
    expect(finding.table).toMatch(/\.gone$/);
  });

  it('names a column of the map that is not there, be it a field, a tenant or a restriction', async () => {
    const finding = await only('column-missing', {
      ddl: CONTACTS_DDL,
      collections: [contacts([], { restriction: 'restricted_at' })],
    });
    expect(finding.column).toBe('restricted_at');
  });

  it('names a source that the settings do not have, and one that the map says nothing of', async () => {
    const { map } = await compare(database, { ddl: CONTACTS_DDL });
    const settings = [{ name: 'erp', kind: 'postgres', url: database.url }] as const;
    const sources = openSources(settings);
    const { findings } = await compareWithSources({ map, sources, settings, tenantKeys: new Map() });
    await sources.close();
    expect(findings.map(({ code, source }) => [code, source])).toEqual([
      ['source-missing', 'crm'],
      ['source-unmapped', 'erp'],
    ]);
    planted.add('source-missing').add('source-unmapped');
  });

  it('leaves alone what people search', async () => {
    const manual = { title: 'Archive', instructions: 'Look in the cellar.', identities: ['email'] };
    const archive = { fides_key: 'archive', collections: [], fides_meta: { steward: { manual } } };
    const map = parseDataMap([mapFile(archive)]);
    const sources = openSources([]);
    const { findings } = await compareWithSources({ map, sources, settings: [], tenantKeys: new Map() });
    expect(findings).toEqual([]);
  });

  it('looks at the schemas that the settings list, mapped or not', async () => {
    await database.pool.query('CREATE SCHEMA annex; CREATE TABLE annex.forgotten (id int)');
    const settings = [{ name: 'crm', kind: 'postgres', url: database.url, schemas: ['annex', 'pg_catalog'] }] as const;
    const { map } = await compare(database, { ddl: CONTACTS_DDL });
    const sources = openSources(settings);
    const { findings } = await compareWithSources({ map, sources, settings, tenantKeys: new Map() });
    await sources.close();
    expect(findings.map(({ table }) => table)).toEqual(['annex.forgotten']);
  });

  it('tells what the map lacks to be searched with, and still compares the rest', async () => {
    const { codes } = await compare(database, {
      ddl: `${CONTACTS_DDL} ALTER TABLE contacts ADD nickname text`,
      collections: [
        collection('contacts', [field('id'), { name: 'workspace_id' }, field('email', { identity: 'email' })]),
      ],
    });
    expect(codes()).toEqual(['map-gap', 'column-unmapped']);
    planted.add('map-gap');
  });

  it('repeats the questions of a draft until they are answered', async () => {
    const finding = await only('question-open', {
      ddl: CONTACTS_DDL,
      collections: [contacts([], { questions: ['Who are these?'] })],
    });
    expect(finding.text).toBe('Who are these?');
  });
});

describe('types', () => {
  it.each([
    ['string', 'int'],
    ['string', 'jsonb'],
    ['string', 'text[]'],
    ['string[]', 'text'],
    ['integer', 'text'],
    ['integer', 'numeric'],
    ['boolean', 'text'],
    ['object', 'text'],
  ])('conflict when the map says %s and the column is %s', async (dataType, type) => {
    const finding = await only('type-conflict', {
      ddl: `${CONTACTS_DDL} ALTER TABLE contacts ADD extra ${type}`,
      collections: [contacts([field('extra', { data_type: dataType })])],
    });
    expect(finding.text).toContain('data_type');
  });

  it.each([
    ['string', 'varchar(20)'],
    ['string', 'uuid'],
    ['string', 'date'],
    ['string', 'inet'],
    ['integer', 'bigint'],
    ['float', 'numeric(10, 2)'],
    ['string[]', 'text[]'],
    ['string[]', 'jsonb'],
    ['object[]', 'jsonb'],
    ['object', 'jsonb'],
  ])('agree when the map says %s and the column is %s', async (dataType, type) => {
    const { findings } = await compare(database, {
      ddl: `${CONTACTS_DDL} ALTER TABLE contacts ADD extra ${type}`,
      collections: [contacts([field('extra', { data_type: dataType })])],
    });
    expect(findings).toEqual([]);
  });

  it('see through a domain to what it is made of', async () => {
    const { findings } = await compare(database, {
      ddl: `CREATE DOMAIN code AS text CHECK (VALUE <> ''); ${CONTACTS_DDL} ALTER TABLE contacts ADD extra code`,
      collections: [contacts([field('extra', { data_type: 'string' })])],
    });
    expect(findings).toEqual([]);
  });

  it('conflict when the map has values inside a column that is not JSON', async () => {
    const finding = await only('type-conflict', {
      ddl: `${CONTACTS_DDL} ALTER TABLE contacts ADD extra text`,
      collections: [contacts([{ name: 'extra', fields: [{ name: 'city' }] }])],
    });
    expect(finding.column).toBe('extra.city');
  });

  it('tell a tenant column that is of another kind than those of the other tables', async () => {
    const ddl = `${CONTACTS_DDL} CREATE TABLE a (id int PRIMARY KEY, workspace_id uuid); CREATE TABLE b (id int PRIMARY KEY, workspace_id int)`;
    const plain = (name: string) => collection(name, [key('id'), { name: 'workspace_id' }]);
    const finding = await only('tenant-type', { ddl, collections: [contacts(), plain('a'), plain('b')] });
    expect(finding.table).toMatch(/\.b$/);
  });

  it('tell a tenant column that cannot hold the keys of the workspaces, and how many, but not which', async () => {
    const finding = await only('tenant-type', {
      ddl: CONTACTS_DDL,
      tenantKeys: ['6f0c1a52-5f0e-4d53-9a44-0d6e3a1b7c01', 'acme'],
    });
    expect(finding.text).toContain('1 of 2 workspaces');
    expect(finding.text).not.toContain('acme');
  });

  it('tell a reference whose ends PostgreSQL cannot compare', async () => {
    const finding = await only('reference-type', {
      ddl: `${CONTACTS_DDL} CREATE TABLE notes (id bigint PRIMARY KEY, workspace_id uuid NOT NULL, contact_id text, body text);
            CREATE INDEX ON notes (workspace_id, contact_id)`,
      collections: [contacts(), notes()],
    });
    expect(finding.text).toContain('uuid');
    expect(finding.text).toContain('text');
  });
});

describe('keys', () => {
  it('of the map must be what tells rows apart, and the finding names what does', async () => {
    const finding = await only('key-not-unique', {
      ddl: `CREATE TABLE contacts (id uuid, workspace_id uuid NOT NULL, email text, PRIMARY KEY (workspace_id, id));
            CREATE INDEX ON contacts (workspace_id, lower(email) text_pattern_ops)`,
    });
    expect(finding.text).toContain('(workspace_id, id)');
  });

  it('must have no nulls, or rows would be lost', async () => {
    const finding = await only('key-not-unique', {
      ddl: `CREATE TABLE contacts (id uuid UNIQUE, workspace_id uuid NOT NULL, email text);
            CREATE INDEX ON contacts (workspace_id, lower(email) text_pattern_ops)`,
    });
    expect(finding.text).toContain('NOT NULL');
  });

  it('are not taken from a unique index over a part of the rows or over an expression', async () => {
    await only('key-not-unique', {
      ddl: `CREATE TABLE contacts (id uuid NOT NULL, workspace_id uuid NOT NULL, email text);
            CREATE UNIQUE INDEX ON contacts (id) WHERE email IS NOT NULL; CREATE UNIQUE INDEX ON contacts ((id::text));
            CREATE INDEX ON contacts (workspace_id, lower(email) text_pattern_ops)`,
    });
  });

  it('may name more columns than are needed', async () => {
    const { findings } = await compare(database, {
      ddl: CONTACTS_DDL,
      collections: [collection('contacts', [key('id'), key('workspace_id'), field('email', { identity: 'email' })])],
    });
    expect(findings).toEqual([]);
  });
});

describe('foreign keys', () => {
  const ddl = `${CONTACTS_DDL}${NOTES_DDL} ALTER TABLE notes ADD CONSTRAINT of_contact FOREIGN KEY (contact_id) REFERENCES contacts (id)`;

  it('that the map does not follow are told, with the reference that is missing', async () => {
    const finding = await only('foreign-key-unfollowed', {
      ddl,
      collections: [contacts(), notes(field('contact_id'))],
    });
    expect(finding).toMatchObject({ object: 'of_contact', column: 'contact_id' });
    expect(finding.text).toContain('crm.contacts.id');
  });

  it('are content with a reference in either direction, from either end, or a reason for none', async () => {
    const declined = field('contact_id', { steward: { not_followed: 'others' } });
    const ways: readonly (readonly object[])[] = [
      [contacts(), notes(refers('contact_id', 'contacts.id', 'to'))],
      [contacts(), notes(refers('contact_id', 'contacts.id'))],
      [contacts(), notes(declined)],
    ];
    for (const way of ways) {
      const { findings } = await compare(database, { ddl, collections: [...way] as Case['collections'] & object });
      expect(findings.filter(({ code }) => code === 'foreign-key-unfollowed')).toEqual([]);
    }
  });

  it('of several columns are followed as a whole, the tenant column apart', async () => {
    const composite = `${CONTACTS_DDL}${NOTES_DDL} ALTER TABLE contacts ADD UNIQUE (workspace_id, id);
      ALTER TABLE notes ADD FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts (workspace_id, id)`;
    expect((await compare(database, { ddl: composite, collections: [contacts(), notes()] })).findings).toEqual([]);
    await only('foreign-key-unfollowed', { ddl: composite, collections: [contacts(), notes(field('contact_id'))] });
  });
});

describe('side effects', () => {
  const trigger = `CREATE FUNCTION copy_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER keep_copy AFTER UPDATE ON contacts FOR EACH ROW EXECUTE FUNCTION copy_row()`;

  it('of a trigger are told until it is acknowledged by name', async () => {
    const ddl = `${CONTACTS_DDL} ${trigger}`;
    expect((await only('trigger-unacknowledged', { ddl })).object).toBe('keep_copy');
    const known = contacts([], { acknowledged: { keep_copy: 'makes no copy' } });
    expect((await compare(database, { ddl, collections: [known] })).findings).toEqual([]);
  });

  it('of a rule are told as well, and those of a disabled trigger are not', async () => {
    const rule = `CREATE RULE soft AS ON DELETE TO contacts DO INSTEAD NOTHING`;
    expect((await only('trigger-unacknowledged', { ddl: `${CONTACTS_DDL} ${rule}` })).object).toBe('soft');
    const off = `${CONTACTS_DDL} ${trigger}; ALTER TABLE contacts DISABLE TRIGGER keep_copy`;
    expect((await compare(database, { ddl: off })).findings).toEqual([]);
  });

  it.each(['CASCADE', 'SET NULL'])('of ON DELETE %s are told until acknowledged at either end', async (action) => {
    const ddl = `${CONTACTS_DDL}${NOTES_DDL}
      ALTER TABLE notes ADD CONSTRAINT of_contact FOREIGN KEY (contact_id) REFERENCES contacts (id) ON DELETE ${action}`;
    const finding = await only('cascade-unacknowledged', { ddl, collections: [contacts(), notes()] });
    expect(finding.object).toBe('of_contact');
    const acknowledged = { acknowledged: { of_contact: 'erased with the contact' } };
    for (const collections of [
      [contacts([], acknowledged), notes()],
      [contacts(), notes(undefined, acknowledged)],
    ])
      expect((await compare(database, { ddl, collections })).findings).toEqual([]);
  });

  it('of a cascade into a schema that the map does not have are told too', async () => {
    const schema = `other_${Date.now()}`;
    const finding = await only('cascade-unacknowledged', {
      ddl: `${CONTACTS_DDL} CREATE SCHEMA ${schema};
            CREATE TABLE ${schema}.shadows (contact_id uuid REFERENCES contacts (id) ON DELETE CASCADE)`,
    });
    expect(finding.table).toBe(`${schema}.shadows`);
  });

  it('that are acknowledged and no longer there are told', async () => {
    const collections = [contacts([], { acknowledged: { old_trigger: 'was harmless' } })];
    expect((await only('acknowledgement-stale', { ddl: CONTACTS_DDL, collections })).object).toBe('old_trigger');
  });
});

describe('what our role may see', () => {
  it('must be every mapped table and column', async () => {
    const whole = await only('select-denied', { ddl: CONTACTS_DDL, asReader: true });
    expect(whole.column).toBeUndefined();
    expect(whole.sql).toContain('GRANT SELECT ON');
    const part = await only('select-denied', {
      ddl: `${CONTACTS_DDL} GRANT SELECT (id, workspace_id) ON contacts TO ${READER}`,
      asReader: true,
    });
    expect(part.column).toBe('email');
    expect(part.sql).toContain('GRANT SELECT ("email") ON');
  });

  it('is warned of when row-level security decides it', async () => {
    const ddl = `${CONTACTS_DDL} ALTER TABLE contacts ENABLE ROW LEVEL SECURITY; GRANT SELECT ON contacts TO ${READER}`;
    const finding = await only('rows-hidden', { ddl, asReader: true });
    expect(finding.gravity).toBe('warning');
    expect((await compare(database, { ddl })).findings).toEqual([]);
  });
});

describe('indexes', () => {
  const TABLE = `CREATE TABLE contacts (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, email text);
    INSERT INTO contacts SELECT gen_random_uuid(), '6f0c1a52-5f0e-4d53-9a44-0d6e3a1b7c01', 'p' || n || '@example.com' FROM generate_series(1, 2000) n;
    CREATE INDEX ON contacts (workspace_id);`;

  it.each([
    ['none', ''],
    ['one over the column as it is', 'CREATE INDEX ON contacts (workspace_id, email);'],
    ['one over a part of the rows', "CREATE INDEX ON contacts (lower(email) text_pattern_ops) WHERE email <> '';"],
    ['one that finds no prefixes', 'CREATE INDEX ON contacts USING hash (lower(email));'],
  ])('that serve an identity are missed where there is %s, and the one that helps is written', async (_, index) => {
    const finding = await only('index-missing', { ddl: `${TABLE} ${index} ANALYZE contacts` });
    expect(finding).toMatchObject({ gravity: 'warning', column: 'email' });
    expect(finding.sql).toMatch(
      /^CREATE INDEX CONCURRENTLY ON "\w+"\."contacts" \("workspace_id", lower\("email"\) text_pattern_ops\);$/,
    );
  });

  it('that are written by the finding serve: it goes away', async () => {
    const types = ['email', 'phone_number', 'external_id', 'customer_no'];
    const fields = types.map((type) => field(`a_${type}`, { identity: type }));
    const ddl = `CREATE TABLE contacts (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, a_email varchar(200), a_phone_number text,
      a_external_id text, a_customer_no bigint)`;
    const collections = [collection('contacts', [key('id'), { name: 'workspace_id' }, ...fields])];
    const before = await compare(database, { ddl, collections });
    expect(before.codes()).toEqual(types.map(() => 'index-missing'));
    const indexes = before.findings.map(({ sql }) =>
      (sql ?? '').replace('CONCURRENTLY ', '').replace(/"\w+"\."contacts"/, 'contacts'),
    );
    expect((await compare(database, { ddl: `${ddl}; ${indexes.join(' ')}`, collections })).findings).toEqual([]);
  });

  it('of trigrams are missed over a large text that is searched for mentions; the one that is written serves', async () => {
    const posts = (rows: number) => `${CONTACTS_DDL} CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
      CREATE TABLE posts (id bigint PRIMARY KEY, workspace_id uuid NOT NULL, body text, about jsonb);
      INSERT INTO posts SELECT n, '6f0c1a52-5f0e-4d53-9a44-0d6e3a1b7c01', 'post ' || n, '{}' FROM generate_series(1, ${rows}) n;
      CREATE INDEX ON posts (workspace_id); ANALYZE posts;`;
    const text = { steward: { free_text: true } };
    const fields = [key('id'), { name: 'workspace_id' }, field('body', text), field('about', text)];
    const collections = [contacts(), collection('posts', fields)];
    expect((await compare(database, { ddl: posts(200), collections })).findings).toEqual([]);
    const { findings } = await compare(database, { ddl: posts(2_000), collections });
    expect(findings.map(({ code, column }) => [code, column])).toEqual([
      ['index-missing', 'body'],
      ['index-missing', 'about'],
    ]);
    const indexes = findings.map(({ sql }) =>
      (sql ?? '')
        .replace('CONCURRENTLY ', '')
        .replace(/"\w+"\."posts"/, 'posts')
        .replace('gin_trgm_ops', 'public.gin_trgm_ops'),
    );
    const helped = { ddl: `${posts(2_000)} ${indexes.join(' ')}`, collections };
    expect((await compare(database, helped)).findings).toEqual([]);
  });

  it('that lead along a reference are missed at the end where rows arrive, JSON included', async () => {
    const ddl = `${CONTACTS_DDL} CREATE TABLE notes (id bigint PRIMARY KEY, workspace_id uuid NOT NULL, contact_id uuid, body jsonb)`;
    const inside = { name: 'body', fields: [refers('author', 'contacts.id', 'from')] };
    const collections = [
      contacts(),
      collection('notes', [key('id'), { name: 'workspace_id' }, refers('contact_id', 'contacts.id', 'from'), inside]),
    ];
    const { findings } = await compare(database, { ddl, collections });
    expect(findings.map(({ code, column }) => [code, column])).toEqual([
      ['index-missing', 'contact_id'],
      ['index-missing', 'body.author'],
    ]);
    const indexes = findings.map(({ sql }) =>
      (sql ?? '').replace('CONCURRENTLY ', '').replace(/"\w+"\."notes"/, 'notes'),
    );
    expect((await compare(database, { ddl: `${ddl}; ${indexes.join(' ')}`, collections })).findings).toEqual([]);
  });
});

describe('a search that PostgreSQL refuses', () => {
  it('is told with the SQLSTATE', async () => {
    const finding = await only('search-refused', {
      ddl: `CREATE TABLE contacts (id uuid PRIMARY KEY, workspace_id point NOT NULL, email text)`,
    });
    expect(finding.text).toContain('SQLSTATE 42883');
  });
});

describe('stores', () => {
  let folder: string;
  const ddl = `${CONTACTS_DDL} ALTER TABLE contacts ADD photo text;
    INSERT INTO contacts VALUES (gen_random_uuid(), gen_random_uuid(), NULL, 'there.png'), (gen_random_uuid(), gen_random_uuid(), NULL, '../not-a-key')`;
  const withPhoto = [contacts([{ name: 'photo' }], { media: [{ column: 'photo', store: 'photos' }] })];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steward-photos-'));
    await writeFile(join(folder, 'there.png'), 'x');
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('that media columns name must be configured, and answer', async () => {
    expect((await only('store-missing', { ddl, collections: withPhoto })).text).toContain('settings');
    const stores = [{ name: 'photos', kind: 'folder', path: join(folder, 'nowhere') }] as const;
    expect((await only('store-missing', { ddl, collections: withPhoto, stores })).text).toContain('does not answer');
  });

  it('are warned of when they lack objects that rows name, which are counted and not named', async () => {
    const stores = [{ name: 'photos', kind: 'folder', path: folder }] as const;
    const finding = await only('objects-missing', { ddl, collections: withPhoto, stores });
    expect(finding.text).toContain('Of 2 objects that rows name, 1');
    expect(JSON.stringify(finding)).not.toContain('not-a-key');
  });
});

describe('the list of findings', () => {
  it('has been planted whole by the tests above', () => {
    expect([...planted].sort()).toEqual([...MAP_ERRORS, ...MAP_WARNINGS].sort());
  });
});
