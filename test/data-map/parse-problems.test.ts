import { describe, expect, it } from 'vitest';
import { parseDataMap } from '../../data-map/parse.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, refers, problemsOf } from './fixtures.ts';
import type { Json } from './fixtures.ts';

const contacts = collection('contacts', [key('id'), email()]);

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
