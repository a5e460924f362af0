import { describe, expect, it } from 'vitest';
import { explainPlan } from '../../data-map/explain.ts';
import { planSearch } from '../../data-map/plan.ts';
import { collection, email, field, key, mapOf, refers } from './fixtures.ts';

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
  const explained = explainPlan(MAP, planSearch(MAP, 'crm', IDENTITIES), IDENTITIES);

  it('says where it searches and how, what it follows once, what again and again, and what it does not reach', () => {
    expect(explained.stages).toEqual([
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
    expect(explained.notReached).toEqual(['crm.staff']);
  });

  it('never repeats an identifier whole', () => {
    expect(explained.identities).toEqual(['email m•••', 'phone_number •••20']);
    expect(JSON.stringify(explained)).not.toMatch(/maya|fischer|901820/);
  });
});
