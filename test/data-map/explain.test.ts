import { describe, expect, it } from 'vitest';
import { explainSearch } from '../../data-map/explain.ts';
import { planAcross } from '../../data-map/plan.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { collection, dataset, email, field, key, mapFile, mapOf, refers } from './fixtures.ts';

const tenant = { name: 'workspace_id' };
const MAP = mapOf(
  collection('contacts', [
    key('id'),
    tenant,
    email(),
    field('phone', { identity: 'phone_number' }),
    refers('parent_id', 'contacts.id', 'from'),
  ]),
  collection('notes', [key('id'), tenant, refers('contact_id', 'contacts.id', 'from')]),
  collection('staff', [key('id'), tenant]),
);
const IDENTITIES = [
  { type: 'email', value: 'maya.fischer@example.com' },
  { type: 'phone_number', value: '+49 30 901820' },
];

describe('a plan in words', () => {
  const explained = explainSearch(MAP, planAcross(MAP, ['crm'], IDENTITIES), IDENTITIES);
  const [source] = explained.sources;

  it('says where it searches and how, what it follows once, what again and again, and what it does not reach', () => {
    expect(source?.stages).toEqual([
      {
        collections: ['crm.contacts'],
        searched: [
          'crm.contacts.email (in any case, with and without a sub-address)',
          'crm.contacts.phone (by its digits, in every usual spelling)',
        ],
        followed: [],
        repeated: ['crm.contacts -> crm.contacts (parent_id = id)'],
      },
      {
        collections: ['crm.notes'],
        searched: [],
        followed: ['crm.contacts -> crm.notes (contact_id = id)'],
        repeated: [],
      },
    ]);
    expect(source?.notReached).toEqual(['crm.staff']);
  });

  it('says what goes on in another source, what is left out of it, and what people search', () => {
    const invoices = collection('invoices', [key('id'), tenant, refers('contact', 'crm/contacts.id', 'from')]);
    const erp = { ...dataset([invoices], { source: 'erp' }), fides_key: 'erp' };
    const manual = { manual: { title: 'Paper archive', instructions: 'Look.', identities: ['email'] } };
    const archive = { fides_key: 'archive', collections: [], fides_meta: { steward: manual } };
    const crm = dataset([collection('contacts', [key('id'), tenant, email()])]);
    const map = parseDataMap([mapFile(crm, erp, archive)]);
    const [identity] = IDENTITIES;
    if (identity === undefined) throw new Error('There is no identity.');
    const both = explainSearch(map, planAcross(map, ['crm', 'erp'], [identity]), [identity]);
    expect(both.crossings).toEqual(['crm.contacts -> erp.invoices (contact = id)']);
    expect(both.byHand).toEqual(['Paper archive']);
    const one = explainSearch(map, planAcross(map, ['crm'], [identity]), [identity]);
    expect(one.elsewhere).toEqual(['erp.invoices']);
  });

  it('never repeats an identifier whole', () => {
    expect(explained.identities).toEqual(['email m•••', 'phone_number •••20']);
    expect(JSON.stringify(explained)).not.toMatch(/maya|fischer|901820/);
  });
});
