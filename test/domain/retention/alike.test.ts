import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alikeTo, groundsTogether, lookOf } from '../../../domain/retention/alike.ts';
import type { DecidedRecords } from '../../../domain/retention/alike.ts';
import { decide } from '../../../domain/retention/decide.ts';
import type { Ground } from '../../../domain/retention/grounds.ts';
import { groundsFor } from '../../../domain/retention/rendering.ts';
import { AUDIENCES } from '../../../domain/retention/words.ts';
import { someGrounds } from './arbitraries.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

function decided(grounds: readonly Ground[], collection = 'crm.invoices'): DecidedRecords {
  const {
    decision,
    keeps,
    grounds: weighed,
  } = decide(grounds, { askedBy: 'erasure_request', asOf: NOW, overrides: [] });
  return { recordClass: 'bill', source: 'crm', collection, decision, keeps, grounds: weighed };
}

const hold = (holdId: string, visibility: Ground['visibility'] = 'processor'): Ground => ({
  ...{ kind: 'hold', holdId, purpose: 'legal', party: 'processor', visibility },
});
const rule = (until: Date | undefined, more = {}): Ground => ({
  ...{ kind: 'rule', ruleId: 'tax', version: 1, force: 'mandatory', requirement: 'billing', purpose: 'tax' },
  ...{ party: 'controller', visibility: 'subject', exemption: 'x', keeps: undefined, until, needsPerson: false },
  ...{ overridableBy: 'nobody', ...more },
});

describe('decisions that differ by grounds which are hidden', () => {
  const all = [
    decided([rule(new Date('2030-01-01')), hold('one')]),
    decided([rule(new Date('2031-01-01')), hold('two')]),
    decided([rule(new Date('2029-01-01')), hold('one'), hold('two')]),
  ];

  it('are one to whom they are hidden from, and as many as they are to whom they are not', () => {
    const counts = AUDIENCES.map((audience) => [audience, alikeTo(audience, all, (each) => each).length]);
    expect(Object.fromEntries(counts)).toEqual({ processor: 3, controller: 1, subject: 1 });
  });

  it('last together until the last of their ends', () => {
    const [first, ...others] = all.map(({ grounds }) => groundsFor('controller', grounds).grounds);
    const together = groundsTogether([first ?? [], ...others]);
    expect(together.map(({ kind, until }) => [kind, until])).toEqual([
      ['rule', new Date('2031-01-01')],
      ['legal_duty', 'open'],
    ]);
  });

  it('are apart when they are on other collections, or when what is not hidden parts them', () => {
    const kinds = [
      decided([hold('one')]),
      decided([hold('one')], 'crm.deals'),
      decided([rule(undefined), hold('one')]),
      decided([rule(new Date('2030-01-01')), hold('one')]),
      decided([rule(new Date('2030-01-01'))]),
    ];
    expect(alikeTo('controller', kinds, (each) => each)).toHaveLength(5);
  });
});

describe('how a decision looks', () => {
  it('does not change with a hidden hold more, once there is one', () => {
    fc.assert(
      fc.property(someGrounds, fc.uuid(), fc.uuid(), (grounds, one, two) => {
        const looks = [[hold(one)], [hold(two)], [hold(one), hold(two)]].map((holds) =>
          lookOf('controller', decided([...grounds, ...holds])),
        );
        expect(new Set(looks).size).toBe(1);
      }),
    );
  });
});
