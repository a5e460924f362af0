import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidDataMap } from '../../domain/errors.ts';
import { textsIn } from '../../data-map/texts.ts';
import { collectionsOf } from '../../data-map/model.ts';
import { knownIdentityTypes, parseDataMap } from '../../data-map/parse.ts';
import { arrow, collection, dataset, email, field, key, mapFile, mapOf, refers } from './fixtures.ts';
import type { Json } from './fixtures.ts';

const contacts = collection('contacts', [key('id'), email()]);

function problemsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof InvalidDataMap)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('reading a Fideslang dataset', () => {
  it('takes a file as Fides has it, with its older name for the metadata, and adds only what it needs', () => {
    const text = `
dataset:
  - fides_key: shop
    name: Shop
    description: Example
    organization_fides_key: default_organization
    data_categories: [system.operations]
    fides_meta: null
    collections:
      - name: customer
        data_categories: [user]
        fidesops_meta:
          after: [shop.address]
          steward: {tenant: tenant_id}
        fields:
          - name: id
            data_categories: [user.unique_id]
            fidesops_meta: {primary_key: True}
          - name: email
            data_categories: [user.contact.email]
            fidesops_meta: {identity: email, data_type: string, length: 40}
          - name: address_id
            fidesops_meta:
              references: [{dataset: shop, field: address.id, direction: to}]
          - name: preferences
            fides_meta: {data_type: object}
            fields:
              - name: colours
                fides_meta: {data_type: 'string[]', return_all_elements: true, read_only: true}
      - name: address
        fidesops_meta: {steward: {tenant: tenant_id}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - name: street
            fides_meta:
              masking_strategy_override: {strategy: random_string_rewrite, configuration: {length: 20}}
`;
    const map = parseDataMap([{ name: 'shop.yml', text }]);
    expect(map.notices).toEqual([]);
    expect(map.datasets[0]).toMatchObject({ key: 'shop', source: 'shop', phoneRegion: undefined });
    expect(map.edges.map(arrow)).toEqual(['shop.customer.address_id -> shop.address.id']);
    const [customer, address] = collectionsOf(map);
    expect(customer).toMatchObject({
      ref: 'shop.customer',
      schema: 'public',
      table: 'customer',
      key: ['id'],
      after: ['shop.address'],
    });
    expect(customer?.identities).toEqual([{ at: { column: 'email', path: [] }, type: 'email', weak: false }]);
    expect(customer?.fields.map(({ column, path }) => [column, ...path].join('.'))).toEqual([
      'id',
      'email',
      'address_id',
      'preferences',
      'preferences.colours',
    ]);
    expect(customer?.fields[1]).toMatchObject({
      categories: ['system.operations', 'user', 'user.contact.email'],
      length: 40,
    });
    expect(customer?.fields[4]).toMatchObject({ dataType: 'string[]', returnAllElements: true, readOnly: true });
    expect(address?.fields[1]?.masking).toEqual({ strategy: 'random_string_rewrite', configuration: { length: 20 } });
  });

  it('takes a tenant column for all its collections, but for those that name their own', () => {
    const leads = { name: 'leads', fields: [key('id'), email()] };
    const map = parseDataMap([mapFile(dataset([contacts, leads], { tenant: 'account_id' }))]);
    expect(collectionsOf(map).map(({ tenant }) => tenant)).toEqual(['workspace_id', 'account_id']);
    expect(map.gaps).toEqual([]);
  });

  it('reads labels, groups and descriptions in several languages', () => {
    const people = {
      ...collection(
        'people',
        [
          key('id'),
          email(),
          field('since', { steward: { label: { de: 'Seit', en: 'Since' }, description: { de: 'Erster Kontakt' } } }),
          field('remark', {}, { description: 'What was noted.' }),
        ],
        { label: { en: 'People', de: 'Menschen' }, kind: { en: 'Contacts', de: 'Kontakte' } },
      ),
      description: 'Whom we know.',
    };
    const [read] = collectionsOf(parseDataMap([mapFile(dataset([people]))]));
    if (!read) throw new Error('The map has a collection.');
    expect(read).toMatchObject({ label: 'People', kind: 'Contacts', description: 'Whom we know.' });
    expect(textsIn(read, 'de')).toEqual({ label: 'Menschen', kind: 'Kontakte', description: 'Whom we know.' });
    expect(textsIn(read, 'fr')).toMatchObject({ label: 'People', kind: 'Contacts' });
    const [since, remark] = read.fields.slice(2);
    expect(since).toMatchObject({ label: 'Since', description: 'Erster Kontakt' });
    expect(since && textsIn(since, 'de')).toMatchObject({ label: 'Seit' });
    expect(remark).toMatchObject({ label: 'Remark', description: 'What was noted.' });
  });

  it('refuses a label that is neither a text nor texts by language', () => {
    const people = collection('people', [key('id'), email()], { label: { Deutsch: 'Menschen' } });
    expect(() => parseDataMap([mapFile(dataset([people]))])).toThrow('must be a text, or a table from languages');
  });

  it('reads the keys of its own', () => {
    const steward = {
      team: 'team_id',
      record_class: 'contact',
      restriction: 'restricted_at',
      schema: 'sales',
      label: 'People',
      kind: 'Contacts',
      media: [{ column: 'photo_key', store: 'crm-media', name_column: 'photo_name' }],
    };
    const stages = { name: 'stages', fields: [], fides_meta: { steward: { no_personal_data: true } } };
    const people = collection(
      'people',
      [key('id'), email(), field('secret', { redact: 'name', steward: { label: 'Secret' } })],
      steward,
    );
    const map = parseDataMap([mapFile(dataset([people, stages], { schema: 'crm', phone_region: 'de' }))]);
    expect(map.datasets[0]?.phoneRegion).toBe('DE');
    expect(collectionsOf(map)).toMatchObject([
      {
        schema: 'sales',
        tenant: 'workspace_id',
        team: 'team_id',
        recordClass: 'contact',
        restriction: 'restricted_at',
        label: 'People',
        kind: 'Contacts',
        media: [{ column: 'photo_key', store: 'crm-media', nameColumn: 'photo_name' }],
        skipped: false,
      },
      { schema: 'crm', label: 'Stages', skipped: true },
    ]);
    expect(collectionsOf(map)[0]?.fields[2]).toMatchObject({ redacted: true, label: 'Secret' });
  });

  it('keeps unknown keys and says where they are', () => {
    const odd = {
      ...collection('contacts', [key('id', { colour: 'red' }), email()], { tennant: 'x' }, { speed: 1 }),
      owner: 'sales',
    };
    const map = parseDataMap([
      {
        name: 'crm.yml',
        text: JSON.stringify({ dataset: [dataset([odd], { region: 'eu' }, { version: 2 })], system: [] }),
      },
    ]);
    expect(map.unknown.map(({ key: name, value }) => [name, value])).toEqual([
      ['version', 2],
      ['fides_meta.steward.region', 'eu'],
      ['owner', 'sales'],
      ['fides_meta.speed', 1],
      ['fides_meta.steward.tennant', 'x'],
      ['fides_meta.colour', 'red'],
    ]);
    expect(map.unknown.at(-1)).toMatchObject({ dataset: 'crm', collection: 'contacts', field: 'id' });
    expect(map.notices).toEqual([
      'crm.yml: system is not read; only dataset is.',
      'crm.yml, dataset crm: the key version is unknown and has no effect.',
      'crm.yml, dataset crm: the key fides_meta.steward.region is unknown and has no effect.',
      'crm.yml, dataset crm, collection contacts: the key owner is unknown and has no effect.',
      'crm.yml, dataset crm, collection contacts: the key fides_meta.speed is unknown and has no effect.',
      'crm.yml, dataset crm, collection contacts: the key fides_meta.steward.tennant is unknown and has no effect.',
      'crm.yml, dataset crm, collection contacts, field id: the key fides_meta.colour is unknown and has no effect.',
    ]);
  });

  it('gives a version that follows what the files say, not how they say it', () => {
    const other = { fides_key: 'billing', collections: [] };
    const [a, b] = [mapFile(dataset([contacts])), mapFile(other)];
    const version = parseDataMap([a, b]).version;
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(parseDataMap([b, { name: 'renamed.yml', text: `# a comment\n${a.text}` }]).version).toBe(version);
    expect(parseDataMap([b, mapFile(dataset([contacts], { phone_region: 'DE' }))]).version).not.toBe(version);
  });

  it('knows the identity types of what it searches', () => {
    const skipped = collection(
      'old',
      [key('id'), field('badge', { identity: 'badge' })],
      {},
      { skip_processing: true },
    );
    const leads = collection('leads', [key('id'), field('phone', { identity: 'phone_number' }), email()]);
    expect(knownIdentityTypes(mapOf(contacts, leads, skipped))).toEqual(['email', 'phone_number']);
  });
});

describe('problems', () => {
  const of = (...collections: readonly Json[]) => problemsOf(() => mapOf(...collections));
  const here = 'crm.yml, dataset crm, collection';

  it('are all told at once', () => {
    const found = of(
      collection('contacts', [key('id'), key('id'), email()]),
      collection('notes', [key('id'), refers('contact_id', 'people.id')]),
      collection('notes', [key('id')]),
    );
    expect(found).toHaveLength(3);
  });

  it('tell the line where YAML ends to make sense', () => {
    const [problem] = problemsOf(() => parseDataMap([{ name: 'bad.yml', text: 'dataset:\n  - {fides_key: a' }]));
    expect(problem).toMatch(/^bad\.yml: line \d is not YAML/);
    const twice = 'dataset:\n  - fides_key: a\n    fides_key: b\n    collections: []';
    expect(problemsOf(() => parseDataMap([{ name: 'bad.yml', text: twice }]))[0]).toMatch(
      /line 3 is not YAML: Map keys must be unique/,
    );
  });

  it.each(['{tenant}', 'media/', 'media-{tenant}/', '../{tenant}/', '/{tenant}/', '{tenant}//'])(
    "refuses %s as a workspace's folder, which could hold or reach those of others",
    (prefix) => {
      const folders = [{ store: 'media', prefix }];
      expect(problemsOf(() => parseDataMap([mapFile(dataset([], { folders }))]))).toEqual([
        expect.stringContaining('must have {tenant} as a part of its path and end with a slash.'),
      ]);
    },
  );

  it("reads a workspace's folders", () => {
    const folders = [{ store: 'media', prefix: 'media/{tenant}/' }];
    expect(parseDataMap([mapFile(dataset([], { folders }))]).datasets.map((each) => each.folders)).toEqual([folders]);
  });

  it('name what has the wrong shape', () => {
    const wrong = collection('contacts', [
      field('id', { length: 0 }),
      field('data', {}, { fields: [field('inner', { data_type: 'text' })] }),
      refers('x', 'nodot'),
    ]);
    expect(of(wrong)).toEqual([
      expect.stringContaining(`${here} contacts, field id.fides_meta.length: `),
      `${here} contacts, field data.inner.fides_meta.data_type: is no data type of Fideslang`,
      `${here} contacts, field x.fides_meta.references.0.field: must be collection.field`,
    ]);
    expect(problemsOf(() => parseDataMap([{ name: 'a.yml', text: 'policy: []' }]))).toEqual([
      expect.stringMatching(/^a\.yml, field dataset: /),
    ]);
    expect(of({ fields: [] })).toEqual([expect.stringContaining(`${here} number 1, field name: `)]);
    expect(problemsOf(() => parseDataMap([mapFile(dataset([], { phone_region: 'Germany' }))]))).toEqual([
      'crm.yml, dataset crm: phone_region GERMANY is no country; give its two letters of ISO 3166-1, such as DE.',
    ]);
  });

  it('name references to what is not there', () => {
    const notes = (target: string) => of(contacts, collection('notes', [key('id'), refers('contact_id', target)]));
    expect(notes('erp/contacts.id')).toEqual([
      `${here} notes, field contact_id: it refers to the dataset erp, which no file has; add the file or mend the name.`,
    ]);
    expect(notes('people.id')).toEqual([
      `${here} notes, field contact_id: it refers to people.id, but the dataset crm has no such collection; mend the name.`,
    ]);
    expect(notes('contacts.uuid')).toEqual([
      `${here} notes, field contact_id: it refers to crm.contacts.uuid, but that collection has no such field; mend the name or add the field.`,
    ]);
    expect(
      problemsOf(() => parseDataMap([mapFile({ ...dataset([contacts]), fides_meta: { after: ['erp'] } })])),
    ).toEqual(['crm.yml, dataset crm: after names the dataset erp, which no file has; mend the name.']);
    expect(of(collection('notes', [key('id')], {}, { after: ['crm.nowhere'] }))).toEqual([
      `${here} notes: after or erase_after names crm.nowhere, which no file has; mend the name (dataset.collection).`,
    ]);
  });

  it('name what is there twice', () => {
    expect(of(contacts, contacts)).toEqual([`${here} contacts: it is there twice; merge the two.`]);
    expect(of(collection('contacts', [key('id'), field('a'), field('a')]))).toEqual([
      `${here} contacts, field a: it is there twice; merge the two.`,
    ]);
    const again = { ...mapFile(dataset([contacts])), name: 'again.yml' };
    expect(problemsOf(() => parseDataMap([mapFile(dataset([contacts])), again]))).toEqual([
      'again.yml, dataset crm: the dataset is also in crm.yml; keep one.',
    ]);
    const sameTable = { ...mapFile({ ...dataset([contacts]), fides_key: 'sales' }), name: 'sales.yml' };
    expect(problemsOf(() => parseDataMap([mapFile(dataset([contacts])), sameTable]))).toEqual([
      'sales.yml, dataset sales, collection contacts: crm.contacts is the same table of the source crm; keep one.',
    ]);
  });

  it('name fields inside columns where only a column will do', () => {
    const events = collection('events', [
      key('id'),
      field('payload', {}, { fields: [field('inner', { redact: 'name' })] }),
    ]);
    expect(of(contacts, events)).toEqual([
      `${here} events, field payload.inner: redact works on a whole column; set it there.`,
    ]);
  });

  it('name a composite key that is referred to in two ways', () => {
    const lines = collection('lines', [key('invoice_id'), key('position')]);
    const links = ['invoice_id', 'position'].flatMap((column) => [
      refers(`a_${column}`, `lines.${column}`, 'from'),
      refers(`b_${column}`, `lines.${column}`, 'from'),
    ]);
    expect(of(lines, collection('links', [key('id'), ...links]))).toEqual([
      `${here} links, field a_invoice_id: the composite key of crm.lines is referred to more than once: which fields belong together is not clear; mark all but one set of them as not_followed.`,
    ]);
  });

  it('name a collection that has an identity and claims to have no personal data', () => {
    expect(of(collection('contacts', [key('id'), email()], { no_personal_data: true }))).toEqual([
      `${here} contacts: it has an identity and says no_personal_data; take one of the two away.`,
    ]);
  });

  it('name a column that is used and claims to have no personal data, and a value inside one that does', () => {
    const free = { steward: { no_personal_data: 'a counter' } };
    const inside = { name: 'body', fields: [field('version', free)] };
    expect(
      of(contacts, collection('notes', [key('id', free), refers('contact_id', 'contacts.id', 'from', free), inside])),
    ).toEqual([
      `${here} notes, field id: it is used as a key, an identity or a reference and says no_personal_data; take one of the two away.`,
      `${here} notes, field contact_id: it is used as a key, an identity or a reference and says no_personal_data; take one of the two away.`,
      `${here} notes, field body.version: no_personal_data works on a whole column; set it there.`,
    ]);
  });
});

describe('declarations that there is no personal data', () => {
  it('keep their reasons; a column leaves the fields that are handed over, a table is skipped', () => {
    const version = field('version', { steward: { no_personal_data: 'a counter' } });
    const seen = field('seen', { steward: { no_personal_data: true } });
    const plans = collection('plans', [], { no_personal_data: 'prices' });
    const map = mapOf(collection('contacts', [key('id'), email(), version, seen]), plans);
    const [people, free] = map.datasets[0]?.collections ?? [];
    expect(people?.fields.map(({ column }) => column)).toEqual(['id', 'email']);
    expect(people?.exemptColumns).toEqual([
      { column: 'version', reason: 'a counter' },
      { column: 'seen', reason: undefined },
    ]);
    expect(free).toMatchObject({ skipped: true, exemption: { reason: 'prices' } });
  });
});

describe('questions', () => {
  it('are kept with what they are about', () => {
    const asked = { questions: ['Who?'] };
    const map = parseDataMap([
      mapFile(dataset([collection('contacts', [key('id'), field('x', { steward: asked })], asked)], asked)),
    ]);
    expect(map.datasets[0]?.questions).toEqual([{ field: undefined, text: 'Who?' }]);
    expect(map.datasets[0]?.collections[0]?.questions).toEqual([
      { field: undefined, text: 'Who?' },
      { field: 'x', text: 'Who?' },
    ]);
  });
});

describe('datasets that were written for Fides', () => {
  const NAMES = ['postgres_example_test_dataset', 'mongo_example_test_dataset'];
  const files = NAMES.map((name) => ({
    name: `${name}.yml`,
    text: readFileSync(new URL(`fides/${name}.yml`, import.meta.url), 'utf8'),
  }));
  const map = parseDataMap(files);

  it('are read unchanged, with references to each other, through nested fields and from list to list', () => {
    const edges = map.edges.map(arrow);
    expect(edges).toHaveLength(18);
    expect(edges).toEqual(
      expect.arrayContaining([
        'postgres_example_test_dataset.customer.id -> mongo_test.customer_details.customer_id',
        'mongo_test.customer_details.comments.comment_id -> mongo_test.conversations.thread.comment',
        'mongo_test.customer_feedback.customer_information.internal_customer_id -> mongo_test.internal_customer_profile.customer_identifiers.internal_id',
        'mongo_test.customer_details.travel_identifiers -> mongo_test.flights.passenger_information.passenger_ids',
      ]),
    );
    expect(map.edges.filter(({ crossesSources }) => crossesSources)).toHaveLength(1);
    expect(knownIdentityTypes(map)).toEqual(['email', 'phone_number']);
  });

  it('lack what to tell workspaces apart by, and say where', () => {
    expect(map.gaps.filter((gap) => gap.includes('it has no tenant'))).toHaveLength(20);
    expect(map.gaps.filter((gap) => gap.includes('it has no primary key'))).toHaveLength(2);
    expect(map.notices).toEqual([
      'mongo_example_test_dataset.yml, dataset mongo_test, collection customer_details, field travel_identifiers: the key fides_meta.data_categories is unknown and has no effect.',
    ]);
    expect(map.unknown).toEqual([
      {
        dataset: 'mongo_test',
        collection: 'customer_details',
        field: 'travel_identifiers',
        key: 'fides_meta.data_categories',
        value: ['system.operations'],
      },
    ]);
  });

  it('are whole only together', () => {
    expect(problemsOf(() => parseDataMap(files.slice(1)))).toEqual([
      'mongo_example_test_dataset.yml, dataset mongo_test, collection customer_details, field customer_id: it refers to the dataset postgres_example_test_dataset, which no file has; add the file or mend the name.',
    ]);
  });
});

describe('gaps', () => {
  const here = 'crm.yml, dataset crm, collection';
  const gapsOf = (...collections: readonly Json[]) => mapOf(...collections).gaps;

  it('are collections that a search reaches but could not search', () => {
    const notes = { name: 'notes', fields: [refers('contact_id', 'contacts.id', 'from')] };
    expect(gapsOf(contacts, notes)).toEqual([
      `${here} notes: a search reaches it and it has no primary key; set fides_meta.primary_key on its key fields.`,
      `${here} notes: a search reaches it and it has no tenant; name its workspace column in fides_meta.steward.tenant, or set skip_processing.`,
    ]);
    expect(gapsOf(contacts, { ...notes, fides_meta: { skip_processing: true } })).toEqual([]);
    expect(gapsOf(contacts, { name: 'plans', fields: [field('id')] })).toEqual([]);
    expect(gapsOf({ name: 'leads', fields: [key('id'), email()] })[0]).toContain(
      'it has an identity and it has no tenant',
    );
  });

  it('are collections of another source that a search reaches', () => {
    const payers = { name: 'payers', fields: [key('id'), refers('contact', 'contacts.id', 'from')] };
    const billing = { fides_key: 'billing', collections: [payers] };
    expect(parseDataMap([mapFile(dataset([contacts]), billing)]).gaps).toEqual([
      'crm.yml, dataset billing, collection payers: a search reaches it and it has no tenant; name its workspace column in fides_meta.steward.tenant, or set skip_processing.',
    ]);
  });

  it('are cycles that no identity leads into', () => {
    const deals = collection('deals', [key('id'), refers('offer_id', 'offers.id')]);
    const offers = collection('offers', [key('id'), refers('deal_id', 'deals.id')]);
    const fix = 'give one an identity or a reference to a collection that has one, or set skip_processing';
    expect(gapsOf(contacts, deals, offers)).toEqual([
      `${here} deals: no identity leads into the cycle of crm.deals, crm.offers; ${fix}.`,
    ]);
    const tree = collection('folders', [key('id'), refers('parent_id', 'folders.id', 'from')]);
    expect(gapsOf(tree)).toEqual([`${here} folders: no identity leads into the cycle of crm.folders; ${fix}.`]);
  });

  it('are parts of a composite reference that are in a list', () => {
    const lines = collection('lines', [key('invoice_id'), key('position')]);
    const inner = [refers('invoice', 'lines.invoice_id', 'to'), refers('line', 'lines.position', 'to')];
    const notes = collection('notes', [
      key('id'),
      email(),
      field('about', { data_type: 'object[]' }, { fields: inner }),
    ]);
    const why =
      'it is in a list and a part of a composite reference, which cannot be followed: mark its references as not_followed.';
    expect(gapsOf(lines, notes)).toEqual([
      `${here} notes, field about.invoice: ${why}`,
      `${here} notes, field about.line: ${why}`,
    ]);
  });
});

describe('notices', () => {
  it('tell of data of persons that no identity leads to, and of keys inside columns', () => {
    const visits = collection('visits', [
      key('id'),
      field('ip', {}, { data_categories: ['user.device.ip_address'] }),
      field('payload', {}, { fields: [key('inner')] }),
    ]);
    const { notices, datasets } = mapOf(contacts, visits);
    expect(datasets[0]?.collections[1]?.key).toEqual(['id']);
    expect(notices).toEqual([
      'crm.yml, dataset crm, collection visits, field payload.inner: it is inside a column and therefore no part of the primary key.',
      'crm.yml, dataset crm, collection visits: it has data of persons, and no identity leads to it: no search finds its rows.',
    ]);
  });
});
