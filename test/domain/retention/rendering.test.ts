import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../domain/retention/decide.ts';
import type { Circumstances } from '../../../domain/retention/decide.ts';
import type { Ground, HoldGround, RuleGround } from '../../../domain/retention/grounds.ts';
import { classesForSubject, endFor, groundsFor, maySee } from '../../../domain/retention/rendering.ts';
import { AUDIENCES } from '../../../domain/retention/words.ts';
import { anyCircumstances, holds, someGrounds } from './arbitraries.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const request: Circumstances = { askedBy: 'erasure_request', asOf: NOW, overrides: [] };

const invoices: RuleGround = {
  kind: 'rule',
  ruleId: 'invoices-tax',
  version: 3,
  force: 'mandatory',
  requirement: 'billing',
  purpose: 'tax',
  party: 'controller',
  visibility: 'subject',
  exemption: 'GDPR Art. 17(3)(b)',
  keeps: undefined,
  until: new Date('2034-01-01T00:00:00Z'),
  needsPerson: false,
  overridableBy: 'nobody',
};
/** A rule with a date that the person does not get to see. */
const unseen: RuleGround = {
  ...invoices,
  ruleId: 'unseen',
  version: 9,
  visibility: 'processor',
  exemption: 'GDPR Art. 17(3)(e)',
  until: new Date('2100-01-01T00:00:00Z'),
};
const confidential: HoldGround = {
  kind: 'hold',
  holdId: 'matter-nightjar',
  purpose: 'fraud_prevention',
  party: 'processor',
  visibility: 'processor',
};

const decided = (grounds: readonly Ground[], circumstances = request) => ({
  recordClass: 'billing_record',
  ...decide(grounds, circumstances),
});

describe('what the processor is shown', () => {
  it('is every ground, with the hold by its id', () => {
    const shown = groundsFor('processor', decided([invoices, confidential]).grounds);
    expect(shown.hidden).toBe(false);
    expect(shown.grounds).toMatchObject([
      { kind: 'hold', id: 'matter-nightjar', until: 'open' },
      { kind: 'rule', id: 'invoices-tax', version: 3, exemption: 'GDPR Art. 17(3)(b)', until: invoices.until },
    ]);
  });
});

describe('what the controller is shown', () => {
  it('of a hold in the processor’s confidence is a legal duty of the processor, without matter, purpose or number', () => {
    const { grounds, hidden } = groundsFor('controller', decided([invoices, confidential]).grounds);
    expect(hidden).toBe(true);
    expect(grounds.map(({ kind }) => kind)).toEqual(['rule', 'legal_duty']);
    expect(JSON.stringify(grounds)).not.toMatch(/nightjar|fraud/);
    const another = { ...confidential, holdId: 'another' };
    expect(groundsFor('controller', decided([invoices, confidential, another]).grounds).grounds).toEqual(grounds);
  });

  it('has the doubts of the grounds that it may see alone', () => {
    const claim = { ...unseen, force: 'claims' as const };
    expect(groundsFor('controller', decided([invoices, claim]).grounds).doubts).toEqual([]);
    expect(groundsFor('processor', decided([invoices, claim]).grounds).doubts).toEqual(['claim_to_be_judged']);
  });
});

describe('what the person is told', () => {
  it('is what law the data is kept by, and until when', () => {
    expect(classesForSubject([decided([invoices])])).toEqual([
      {
        recordClass: 'billing_record',
        kept: true,
        statement: 'Some data of this class is kept under an exemption.',
        exemptions: ['GDPR Art. 17(3)(b)'],
        end: invoices.until,
      },
    ]);
  });

  it('is that something is kept when all of it is kept in confidence, and nothing more', () => {
    expect(classesForSubject([decided([confidential])])).toMatchObject([{ kept: true, exemptions: [], end: 'open' }]);
  });

  it('says of a class that nothing of it is kept only when that is so', () => {
    expect(classesForSubject([decided([])])).toMatchObject([{ kept: false, end: undefined }]);
    expect(classesForSubject([decided([]), decided([confidential])])).toMatchObject([{ kept: true }]);
  });

  it('of a hold that may be told does not say which it is', () => {
    const told = { ...confidential, visibility: 'subject' as const };
    const { grounds } = groundsFor('subject', decided([told]).grounds);
    expect(grounds).toMatchObject([{ kind: 'hold', id: null, purpose: 'fraud_prevention' }]);
  });

  it('has no number of records anywhere', () => {
    const [one] = classesForSubject([decided([invoices])]);
    expect(classesForSubject(Array.from({ length: 7 }, () => decided([invoices])))).toEqual([one]);
  });
});

/** Of a name that no other ground has: one of the same would be the same hold, heard twice. */
const secret = holds
  .filter(({ visibility }) => visibility !== 'subject')
  .map((hold): HoldGround => ({ ...hold, holdId: 'secret' }));
const reviews = fc.array(fc.record({ recordClass: fc.constantFrom('x', 'y'), grounds: someGrounds }), { maxLength: 5 });

describe('any rendering', () => {
  it('for the person is the same with a hold in confidence as with a hidden rule, dated or not, or a hidden exception', () => {
    const others: readonly Ground[] = [
      unseen,
      { ...unseen, until: undefined },
      { kind: 'exception', exception: 'pending_dispute', force: 'claims', ...ofProcessor },
    ];
    fc.assert(
      fc.property(reviews, secret, fc.nat(), (review, hold, at) => {
        const free = review.map((each) => ({
          ...each,
          grounds: each.grounds.filter(({ kind }) => kind !== 'exception'),
        }));
        const withOne = (ground: Ground) =>
          free.map(({ recordClass, grounds }, index) => ({
            ...decided(index === at % free.length ? [...grounds, ground] : grounds),
            recordClass,
          }));
        for (const other of others) {
          expect(classesForSubject(withOne(hold))).toEqual(classesForSubject(withOne(other)));
          expect(withOne(hold).map(({ grounds, end }) => toldOf(grounds, end))).toEqual(
            withOne(other).map(({ grounds, end }) => toldOf(grounds, end)),
          );
        }
      }),
    );
  });

  it('for the controller is the same with a hold in the processor’s confidence as with another ground that is', () => {
    fc.assert(
      fc.property(someGrounds, holds, anyCircumstances, (grounds, held, circumstances) => {
        const hold = { ...held, holdId: 'secret', visibility: 'processor' as const };
        const shown = (more: Ground) => groundsFor('controller', decided([...grounds, more], circumstances).grounds);
        expect(shown(hold)).toEqual(shown({ ...unseen, until: undefined }));
      }),
    );
  });

  it('names no ground that its audience may not see', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, fc.constantFrom(...AUDIENCES), (grounds, circumstances, audience) => {
        const visible = grounds.filter(({ visibility }) => maySee(audience, visibility)).length;
        const shown = groundsFor(audience, decided(grounds, circumstances).grounds);
        expect(shown.grounds.filter(({ kind }) => kind !== 'legal_duty')).toHaveLength(visible);
      }),
    );
  });

  it('never tells the person that nothing is kept when something is, nor that something is when nothing is', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, (grounds, circumstances) => {
        const decision = decided(grounds, circumstances);
        expect(classesForSubject([decision])[0]?.kept).toBe(decision.decision !== 'erase');
      }),
    );
  });
});

const ofProcessor = { purpose: 'dispute', party: 'processor', visibility: 'processor' } as const;

function toldOf(grounds: Parameters<typeof groundsFor>[1], end: ReturnType<typeof endFor>) {
  const shown = groundsFor('subject', grounds);
  return { ...shown, end: endFor(shown.hidden, end) };
}
