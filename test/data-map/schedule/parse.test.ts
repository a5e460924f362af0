import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDataMap } from '../../../data-map/load.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { parseSchedule } from '../../../data-map/schedule/parse.ts';
import { collection, dataset, email, field, key, mapFile } from '../fixtures.ts';
import { parseDataMap } from '../../../data-map/parse.ts';

const map: DataMap = parseDataMap([
  mapFile(
    dataset([
      collection('invoices', [key('id'), field('client'), field('issued_at'), field('paid_at')], {
        record_class: 'billing',
      }),
      collection('contacts', [key('id'), email()], { record_class: 'contact' }),
    ]),
  ),
]);

const invoices = {
  id: 'invoices-tax',
  record_class: 'billing',
  requirement: 'billing',
  purpose: 'tax',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  basis: 'Invoices are kept.',
  source: '§ 14b(1) UStG',
  keep: { length: 'P8Y', from_end_of_year: true, event: { column: 'issued_at' } },
};

function parse(rules: readonly object[], more: object = {}) {
  const schedule = { name: 'Test', classes: { billing: {}, contact: {} }, rules, ...more };
  return parseSchedule({ name: 'test.yml', text: JSON.stringify({ schedule }) }, map);
}

describe('a retention schedule', () => {
  it('is read with its defaults', () => {
    expect(parse([invoices])).toMatchObject({
      rules: [{ party: 'controller', visibility: 'subject', overridable_by: 'controller', needs_person: false }],
      exceptions: [],
    });
  });

  it('has a version that follows what it says and not how it is written', () => {
    const first = parse([invoices]).version;
    expect(parse([{ ...invoices, party: 'controller' }]).version).toBe(first);
    expect(parse([{ ...invoices, basis: 'Another.' }]).version).not.toBe(first);
  });

  it.each<[string, readonly object[], object, RegExp]>([
    ['an unknown class', [{ ...invoices, record_class: 'bills' }], {}, /class bills: a rule names it/],
    [
      'a class of the map that it leaves out',
      [invoices],
      { classes: { billing: {} } },
      /class contact: the data map has it/,
    ],
    [
      'a class that no collection is of',
      [],
      { classes: { billing: {}, contact: {}, x: {} } },
      /class x: no collection/,
    ],
    ['an unknown collection', [{ ...invoices, collections: ['crm.bills'] }], {}, /no collection crm\.bills/],
    [
      'a collection of another class',
      [{ ...invoices, collections: ['crm.contacts'] }],
      {},
      /of the class contact, not billing/,
    ],
    [
      'an unknown column of the event',
      [{ ...invoices, keep: { length: 'P8Y', event: { column: 'made_at' } } }],
      {},
      /rule invoices-tax: crm\.invoices has no column made_at/,
    ],
    [
      'an event in a collection to which no reference leads',
      [
        {
          ...invoices,
          collections: ['crm.invoices'],
          keep: { length: 'P8Y', event: { column: 'id', through: 'crm.contacts' } },
        },
      ],
      {},
      /rule invoices-tax: the data map has no reference between crm\.invoices and crm\.contacts/,
    ],
    ['an unknown column to stay', [{ ...invoices, columns: ['totals'] }], {}, /no column totals/],
    [
      'an unknown column of a condition',
      [{ ...invoices, where: [{ column: 'state', is: 'empty' }] }],
      {},
      /no column state/,
    ],
    [
      'a mandatory rule that cites nothing',
      [{ ...invoices, exemption: undefined }],
      {},
      /must cite what lets it stand/,
    ],
    ['a business default that cites an exemption', [{ ...invoices, force: 'business_default' }], {}, /take it away/],
    [
      "our own legitimate business over a customer's data",
      [{ ...invoices, party: 'processor', purpose: 'legitimate_business' }],
      {},
      /no authority over a customer's data/,
    ],
    [
      'two rules of one id',
      [invoices, { ...invoices, requirement: 'legal' }],
      {},
      /rule invoices-tax: it is there twice/,
    ],
    [
      'two rules of equal rank for the same rows',
      [invoices, { ...invoices, id: 'other', keep: { ...invoices.keep, length: 'P10Y' } }],
      {},
      /rules invoices-tax and other: both are mandatory for billing on crm\.invoices/,
    ],
    [
      'two rules of equal rank for the same rows in one of several countries',
      [
        { ...invoices, jurisdictions: ['DE', 'AT'] },
        { ...invoices, id: 'austria', jurisdictions: ['AT'] },
      ],
      {},
      /rules invoices-tax and austria: both are mandatory/,
    ],
    ['a country that is none', [{ ...invoices, jurisdictions: ['UK'] }], {}, /jurisdictions\.0: must be as DE/],
    [
      'a period that is none',
      [{ ...invoices, keep: { ...invoices.keep, length: '8 years' } }],
      {},
      /schedule\.rules\.invoices-tax\.keep\.length: must be a period/,
    ],
    ['a key that it does not know', [{ ...invoices, colour: 'red' }], {}, /colour/],
  ])('with %s is refused and says so', (_, rules, more, message) => {
    expect(() => parse(rules, more)).toThrow(message);
  });

  it('may have two periods for one class where conditions or countries tell the cases apart', () => {
    const unpaid = { ...invoices, id: 'unpaid', where: [{ column: 'paid_at', is: 'empty' }] };
    const french = { ...invoices, id: 'france', jurisdictions: ['FR'] };
    expect(parse([invoices, unpaid, french]).rules).toHaveLength(3);
  });

  it('that is no YAML is refused by its line', () => {
    expect(() => parseSchedule({ name: 'x.yml', text: 'a: [' }, map)).toThrow(/x\.yml has problems:\n {2}line 1/);
  });
});

describe("the CRM's own schedule", () => {
  let crm: DataMap;

  beforeAll(async () => {
    crm = await loadDataMap(['data-map/maps/crm.dataset.yml']);
  });

  it('agrees with the data map', async () => {
    const file = 'data-map/schedules/crm.schedule.yml';
    expect(parseSchedule({ name: file, text: await readFile(file, 'utf8') }, crm).rules.length).toBeGreaterThan(5);
  });
});
