import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { planAcross, planSearch } from '../../data-map/plan.ts';
import type { Plan } from '../../data-map/plan.ts';
import { arrow, collection, dataset, email, field, key, mapFile, mapOf, reference, refers } from './fixtures.ts';
import type { Json } from './fixtures.ts';

const jane = { type: 'email', value: 'Jane+news@Example.com' };
const contacts = collection('contacts', [key('id'), email(), field('phone', { identity: 'phone_number' })]);

const plan = (...more: readonly Json[]): Plan => planSearch(mapOf(contacts, ...more), 'crm', [jane]);

const stages = ({ stages: all }: Plan) =>
  all.map(({ collections, once, repeat }) => ({ collections, once: once.map(arrow), repeat: repeat.map(arrow) }));

/** Every edge in the order in which it is followed. */
const order = ({ stages: all }: Plan) => all.flatMap(({ once, repeat }) => [...once, ...repeat]).map(arrow);

describe('what a plan covers', () => {
  it('is what identities lead to, and nothing else', () => {
    const { collections, source, tenantBound, mapVersion } = plan(
      collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from')]),
      collection('countries', [key('id')]),
      collection('campaigns', [key('id'), refers('contact_id', 'contacts.id', 'to')]),
    );
    expect(collections.map(({ ref, position }) => [ref, position])).toEqual([
      ['crm.contacts', 0],
      ['crm.notes', 1],
    ]);
    expect({ source, tenantBound }).toEqual({ source: 'crm', tenantBound: true });
    expect(mapVersion).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is nothing when no collection has the identity, or the source is not in the map', () => {
    const map = mapOf(contacts);
    expect(planSearch(map, 'crm', [{ type: 'badge', value: '7' }])).toMatchObject({
      collections: [],
      stages: [],
      cyclic: false,
    });
    expect(planSearch(map, 'erp', [jane]).collections).toEqual([]);
    expect(planSearch(map, 'crm', []).collections).toEqual([]);
  });

  it('ends at the border of the source and at what is skipped', () => {
    const skipped = collection(
      'logs',
      [key('id'), refers('contact_id', 'contacts.id', 'from')],
      {},
      { skip_processing: true },
    );
    const beyond = collection('lines', [key('id'), refers('log_id', 'logs.id', 'from')]);
    const billing = {
      fides_key: 'billing',
      collections: [collection('payers', [key('id'), email(), refers('contact', 'contacts.id', 'from')])],
      fides_meta: { steward: { source: 'billing' } },
    };
    const map = parseDataMap([mapFile(dataset([contacts, skipped, beyond]), billing)]);
    const refsOf = (source: string) => planSearch(map, source, [jane]).collections.map(({ ref }) => ref);
    expect(refsOf('crm')).toEqual(['crm.contacts']);
    expect(refsOf('billing')).toEqual(['billing.payers']);
  });

  it('hands over the top-level columns that are not redacted', () => {
    const { collections } = plan(
      collection('leads', [
        key('id'),
        email(),
        field('password', { redact: 'name' }),
        field('profile', {}, { fields: [field('inner')] }),
      ]),
    );
    expect(collections[1]).toMatchObject({ columns: ['id', 'email', 'profile'], omitted: ['password'] });
  });

  it('is plain data', () => {
    const made = plan(collection('notes', [key('id'), refers('contact_id', 'contacts.id')]));
    expect(JSON.parse(JSON.stringify(made))).toEqual(JSON.parse(JSON.stringify(structuredClone(made))));
  });
});

describe('a plan across sources', () => {
  const of = (source: string, ...collections: readonly Json[]): Json => ({
    ...dataset(collections, { source }),
    fides_key: source,
  });
  const map = parseDataMap([
    mapFile(
      of('crm', contacts, collection('deals', [key('id'), refers('payer', 'billing/payers.id', 'from')])),
      of(
        'billing',
        collection('payers', [key('id'), refers('contact', 'crm/contacts.id', 'from')]),
        collection('invoices', [key('id'), refers('payer', 'billing/payers.id', 'from')]),
      ),
      of('support', collection('tickets', [key('id'), refers('invoice', 'billing/invoices.id', 'from')])),
    ),
  ]);
  const shape = (sources: readonly string[]) => {
    const { plans, crossings, unreached } = planAcross(map, sources, [jane]);
    return {
      plans: plans.map(({ source, collections }) => [source, collections.map(({ ref }) => ref)]),
      crossings: crossings.map(arrow),
      unreached,
    };
  };

  it('follows references from one source to another and back', () => {
    expect(shape(['support', 'billing', 'crm'])).toEqual({
      plans: [
        ['crm', ['crm.contacts', 'crm.deals']],
        ['billing', ['billing.payers', 'billing.invoices']],
        ['support', ['support.tickets']],
      ],
      crossings: [
        'billing.payers.id -> crm.deals.payer',
        'crm.contacts.id -> billing.payers.contact',
        'billing.invoices.id -> support.tickets.invoice',
      ],
      unreached: [],
    });
  });

  it('says what it does not reach because a source does not know the workspace', () => {
    expect(shape(['crm', 'billing'])).toMatchObject({
      plans: [
        ['crm', ['crm.contacts', 'crm.deals']],
        ['billing', ['billing.payers', 'billing.invoices']],
      ],
      unreached: [{ source: 'support', collections: ['support.tickets'] }],
    });
    expect(shape(['crm', 'support'])).toEqual({
      plans: [
        ['crm', ['crm.contacts']],
        ['support', []],
      ],
      crossings: [],
      unreached: [{ source: 'billing', collections: ['billing.payers', 'billing.invoices'] }],
    });
  });

  it('reaches nothing by identities that no source has', () => {
    expect(planAcross(map, ['crm'], [{ type: 'badge', value: '7' }])).toMatchObject({ unreached: [], crossings: [] });
  });

  it('needs a tenant and a primary key in every collection that it searches', () => {
    const lacking = (fields: readonly Json[], steward: Json) => () =>
      planSearch(mapOf({ name: 'leads', fields, fides_meta: { steward } }), 'crm', [jane]);
    expect(lacking([key('id'), email()], {})).toThrow('The collection crm.leads has no tenant');
    expect(lacking([email()], { tenant: 'workspace_id' })).toThrow('The collection crm.leads has no primary key');
  });
});

describe('seeds', () => {
  it('are one a field and identity, equal ones once', () => {
    const leads = collection('leads', [
      key('id'),
      email('work'),
      email('home'),
      field('ref', { identity: 'external_id' }),
    ]);
    const again = { type: 'email', value: 'jane@example.COM' };
    const { collections } = planSearch(mapOf(leads), 'crm', [jane, again, { type: 'external_id', value: ' A-1 ' }]);
    expect(collections[0]?.seeds).toEqual([
      { kind: 'email', at: { column: 'work', path: [] }, local: 'jane', domain: 'example.com' },
      { kind: 'email', at: { column: 'home', path: [] }, local: 'jane', domain: 'example.com' },
      { kind: 'exact', at: { column: 'ref', path: [] }, value: 'A-1' },
    ]);
  });

  it('read national numbers in the region of their dataset', () => {
    const map = parseDataMap([mapFile(dataset([contacts], { phone_region: 'DE' }))]);
    const { collections } = planSearch(map, 'crm', [{ type: 'phone_number', value: '030 901820' }]);
    expect(collections[0]?.seeds).toMatchObject([
      { kind: 'phone', spellings: { anywhere: expect.arrayContaining(['4930901820']) } },
    ]);
  });

  it('refuse values that are not of their type, naming their place and not their text', () => {
    const map = mapOf(contacts);
    const make = () =>
      planSearch(map, 'crm', [jane, { type: 'email', value: 'not mail' }, { type: 'phone_number', value: 'none' }]);
    let caught: unknown;
    try {
      make();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvalidInput);
    expect(caught).toMatchObject({
      extras: { fields: [{ pointer: '/identities/1/value' }, { pointer: '/identities/2/value' }] },
    });
    expect(JSON.stringify(caught)).not.toContain('not mail');
  });
});

describe('the order of a plan', () => {
  it('follows a chain in one pass, wherever the map declares it', () => {
    const made = plan(
      collection('files', [key('id'), refers('note_id', 'notes.id', 'from')]),
      collection('notes', [key('id'), refers('deal_id', 'deals.id', 'from')]),
      collection('deals', [key('id'), refers('contact_id', 'contacts.id', 'from')]),
    );
    expect(made.cyclic).toBe(false);
    expect(order(made)).toEqual([
      'crm.contacts.id -> crm.deals.contact_id',
      'crm.deals.id -> crm.notes.deal_id',
      'crm.notes.id -> crm.files.note_id',
    ]);
  });

  it('joins a diamond before it goes on from there', () => {
    const made = plan(
      collection('invoices', [
        key('id'),
        refers('deal_id', 'deals.id', 'from'),
        refers('client_id', 'clients.id', 'from'),
      ]),
      collection('deals', [key('id'), refers('contact_id', 'contacts.id', 'from')]),
      collection('clients', [key('id'), refers('contact_id', 'contacts.id', 'from')]),
      collection('payments', [key('id'), refers('invoice_id', 'invoices.id', 'from')]),
    );
    const followed = order(made);
    expect(made.cyclic).toBe(false);
    expect(followed.at(-1)).toBe('crm.invoices.id -> crm.payments.invoice_id');
    expect(followed.slice(0, 2).sort()).toEqual([
      'crm.contacts.id -> crm.clients.contact_id',
      'crm.contacts.id -> crm.deals.contact_id',
    ]);
  });

  it('goes through the middle of a many-to-many relation', () => {
    const made = plan(
      collection('taggings', [
        key('contact_id', { references: [reference('contacts.id', 'from')] }),
        key('tag_id', { references: [reference('tags.id', 'to')] }),
      ]),
      collection('tags', [key('id')]),
    );
    expect(order(made)).toEqual(['crm.contacts.id -> crm.taggings.contact_id', 'crm.taggings.tag_id -> crm.tags.id']);
    expect(made.collections[1]?.key).toEqual(['contact_id', 'tag_id']);
  });

  it('repeats a self-reference, after what leads to it and before what it leads to', () => {
    const made = plan(
      collection('replies', [key('id'), refers('note_id', 'notes.id', 'from')]),
      collection('notes', [
        key('id'),
        refers('contact_id', 'contacts.id', 'from'),
        refers('parent_id', 'notes.id', 'from'),
      ]),
    );
    expect(made.cyclic).toBe(true);
    expect(stages(made)).toEqual([
      { collections: ['crm.contacts'], once: [], repeat: [] },
      {
        collections: ['crm.notes'],
        once: ['crm.contacts.id -> crm.notes.contact_id'],
        repeat: ['crm.notes.id -> crm.notes.parent_id'],
      },
      { collections: ['crm.replies'], once: ['crm.notes.id -> crm.replies.note_id'], repeat: [] },
    ]);
  });

  it('repeats only what goes round', () => {
    const made = plan(
      collection('deals', [key('id'), refers('contact_id', 'contacts.id', 'from'), refers('won_by', 'offers.id')]),
      collection('offers', [key('id')]),
      collection('prints', [key('id'), refers('offer_id', 'offers.id', 'from')]),
    );
    expect(stages(made).map(({ collections, repeat }) => [[...collections].sort(), repeat.length])).toEqual([
      [['crm.contacts'], 0],
      [['crm.deals', 'crm.offers'], 2],
      [['crm.prints'], 0],
    ]);
  });
});
