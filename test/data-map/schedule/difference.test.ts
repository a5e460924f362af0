import { describe, expect, it } from 'vitest';
import { differenceOf } from '../../../data-map/schedule/difference.ts';
import { readSchedule } from '../../../data-map/schedule/parse.ts';

const RULE = {
  id: 'invoices-tax',
  record_class: 'billing',
  requirement: 'billing',
  purpose: 'tax',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  basis: 'Invoices are kept.',
  source: '§ 14b(1) UStG',
  columns: ['id', 'total'],
  keep: { length: 'P8Y', event: { column: 'issued_at' } },
};
const UNPAID = {
  exception: 'open_balance',
  record_class: 'billing',
  collections: ['crm.invoices'],
  where: [{ column: 'paid_at', is: 'empty' }],
  purpose: 'dispute',
  force: 'claims',
  basis: 'It has not been paid.',
  source: 'the contract',
};

const schedule = (rules: readonly object[], more: object = {}) =>
  readSchedule({
    name: 'test.yml',
    text: JSON.stringify({ schedule: { name: 'Test', classes: { billing: {} }, rules, ...more } }),
  });

describe('the difference of two schedules', () => {
  it('is nothing between one and itself', () => {
    const same = schedule([RULE], { exceptions: [UNPAID] });
    expect(differenceOf(same, same)).toEqual({ classes: [], rules: [], exceptions: [] });
  });

  it('names the fields of a rule that changed, with both values', () => {
    const longer = { ...RULE, columns: ['id'], keep: { ...RULE.keep, length: 'P10Y' } };
    expect(differenceOf(schedule([RULE]), schedule([longer])).rules).toEqual([
      {
        name: 'invoices-tax',
        change: 'changed',
        fields: [
          { field: 'keep.length', before: '"P8Y"', after: '"P10Y"' },
          { field: 'columns', before: '["id","total"]', after: '["id"]' },
        ],
      },
    ]);
  });

  it('names what was added and removed: rules, classes and exceptions', () => {
    const after = schedule([{ ...RULE, id: 'other' }], {
      classes: { billing: { automatic: true }, contact: {} },
      exceptions: [{ ...UNPAID, basis: 'Still unpaid.' }],
    });
    expect(differenceOf(schedule([RULE], { exceptions: [UNPAID] }), after)).toEqual({
      classes: [
        { name: 'billing', change: 'changed', fields: [{ field: 'automatic', before: 'false', after: 'true' }] },
        { name: 'contact', change: 'added', fields: [] },
      ],
      rules: [
        { name: 'invoices-tax', change: 'removed', fields: [] },
        { name: 'other', change: 'added', fields: [] },
      ],
      exceptions: [
        { name: 'open_balance of crm.invoices', change: 'removed', fields: [] },
        { name: 'open_balance of crm.invoices', change: 'added', fields: [] },
      ],
    });
  });

  it('is all of it where none is in force', () => {
    expect(differenceOf(undefined, schedule([RULE])).rules).toEqual([
      { name: 'invoices-tax', change: 'added', fields: [] },
    ]);
  });
});
