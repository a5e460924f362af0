import { describe, expect, it } from 'vitest';
import { knownIdentityTypes, parseDataMap } from '../../data-map/parse.ts';
import { planSearch } from '../../data-map/plan.ts';
import type { Json } from './fixtures.ts';
import { collection, dataset, email, key, mapFile } from './fixtures.ts';

const CRM = dataset([collection('contacts', [key('id'), email()])]);

const archive = (manual: Json, steward: Json = {}): Json => ({
  fides_key: 'archive',
  name: 'Paper archive',
  collections: [{ name: 'letters', fields: [{ name: 'sender', fides_meta: { identity: 'email' } }] }],
  fides_meta: { steward: { manual, ...steward } },
});

const MANUAL = { title: 'Paper archive', instructions: 'Look in the cellar.', identities: ['email', 'file_number'] };

describe('a dataset that is searched by hand', () => {
  it('says what is to be searched, by what and by whom', () => {
    const map = parseDataMap([mapFile(CRM, archive({ ...MANUAL, assignee: 'archive@example.com' }))]);
    expect(map.datasets[1]?.manual).toEqual({ ...MANUAL, assignee: 'archive@example.com' });
    expect(map.datasets[0]?.manual).toBeUndefined();
  });

  it('is never searched by a machine, and needs no key, tenant or source for that', () => {
    const map = parseDataMap([mapFile(CRM, archive(MANUAL))]);
    expect(planSearch(map, 'archive', [{ type: 'email', value: 'ada@example.com' }]).collections).toEqual([]);
    expect(planSearch(map, 'crm', [{ type: 'email', value: 'ada@example.com' }]).collections).toHaveLength(1);
  });

  it('makes its types of identity known', () => {
    expect(knownIdentityTypes(parseDataMap([mapFile(CRM, archive(MANUAL))]))).toEqual(['email', 'file_number']);
  });

  it('reports keys that it does not know, and has no source', () => {
    expect(parseDataMap([mapFile(CRM, archive({ ...MANUAL, colour: 'blue' }))]).notices).toEqual([
      expect.stringContaining('fides_meta.steward.manual.colour'),
    ]);
    expect(() => parseDataMap([mapFile(CRM, archive(MANUAL, { source: 'crm' }))])).toThrow(/source or manual/);
    expect(() => parseDataMap([mapFile(CRM, archive({ title: 'Archive' }))])).toThrow(/instructions/);
  });
});
