import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { textsIn } from '../../data-map/texts.ts';
import { collectionsOf } from '../../data-map/model.ts';
import { knownIdentityTypes, parseDataMap } from '../../data-map/parse.ts';
import { arrow, collection, dataset, email, field, key, mapFile, mapOf, refers, problemsOf } from './fixtures.ts';
import type { Json } from './fixtures.ts';

const contacts = collection('contacts', [key('id'), email()]);

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
