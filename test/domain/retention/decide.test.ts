import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../domain/retention/decide.ts';
import type { Circumstances, Decision } from '../../../domain/retention/decide.ts';
import { overridableName, overriderOf } from '../../../domain/retention/grounds.ts';
import type {
  ExceptionGround,
  Ground,
  HoldGround,
  Override,
  OverrideGround,
  RuleGround,
} from '../../../domain/retention/grounds.ts';
import { anyCircumstances, anyGround, anyOverride, holds, moments, nameOf, someGrounds } from './arbitraries.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const request: Circumstances = { askedBy: 'erasure_request', asOf: NOW, overrides: [] };
const review: Circumstances = { ...request, askedBy: 'retention_review' };

function rule(more: Partial<RuleGround> = {}): RuleGround {
  return {
    kind: 'rule',
    ruleId: 'invoices',
    version: 1,
    force: 'mandatory',
    requirement: 'billing',
    purpose: 'tax',
    party: 'controller',
    visibility: 'subject',
    exemption: 'GDPR Art. 17(3)(b)',
    keeps: undefined,
    until: new Date('2034-01-01T00:00:00Z'),
    needsPerson: false,
    overridableBy: 'controller',
    ...more,
  };
}

const hold: HoldGround = {
  kind: 'hold',
  holdId: 'h1',
  purpose: 'legal',
  party: 'controller',
  visibility: 'controller',
};

const openBalance: ExceptionGround = {
  kind: 'exception',
  exception: 'open_balance',
  force: 'claims',
  purpose: 'dispute',
  party: 'controller',
  visibility: 'subject',
};

const kept: OverrideGround = {
  kind: 'override',
  overrideId: 'o2',
  purpose: 'dispute',
  party: 'controller',
  visibility: 'controller',
};

const override = (kind: Override['kind'], of: string): Override => ({
  kind,
  of,
  overrideId: 'o1',
  inRightOf: 'controller',
});

const chosen = rule({ ruleId: 'crm-default', force: 'business_default', exemption: undefined });

describe('a decision', () => {
  it('erases what no ground keeps', () => {
    expect(decide([], request)).toMatchObject({ decision: 'erase', end: undefined, grounds: [] });
  });

  it('retains until the longest of the grounds that survive', () => {
    const longer = rule({ ruleId: 'ledger', until: new Date('2037-01-01T00:00:00Z') });
    expect(decide([rule(), longer], request)).toMatchObject({ decision: 'retain', end: longer.until });
  });

  it('lets a business default yield to a valid erasure request, and keeps it as a ground', () => {
    const decision = decide([chosen], request);
    expect(decision.decision).toBe('erase');
    expect(decision.grounds).toEqual([{ ground: chosen, weight: 'yields', overrideId: undefined }]);
  });

  it('lets a business default stand when the controller has decided so, and names that decision', () => {
    const decision = decide([chosen], { ...request, overrides: [override('keep', 'crm-default')] });
    expect(decision).toMatchObject({ decision: 'retain', grounds: [{ weight: 'keeps', overrideId: 'o1' }] });
  });

  it('lets a ground fall that was set aside, keeps it among the grounds and names that decision', () => {
    const decision = decide([rule()], { ...request, overrides: [override('set_aside', 'invoices')] });
    expect(decision).toMatchObject({ decision: 'erase', grounds: [{ weight: 'set_aside', overrideId: 'o1' }] });
    const judged = decide([openBalance], { ...request, overrides: [override('set_aside', 'open_balance')] });
    expect(judged).toMatchObject({ decision: 'erase', doubts: [] });
  });

  it.each([
    ['a rule that nobody may override', rule({ overridableBy: 'nobody' }), 'invoices'],
    [
      "a rule that the other party may override, as the processor's own duty",
      rule({ overridableBy: 'processor' }),
      'invoices',
    ],
    ['an exception of the other party', { ...openBalance, party: 'processor' as const }, 'open_balance'],
    ['a hold', hold, 'h1'],
  ])('never sets aside %s', (_what, ground, of) => {
    const decision = decide([ground], { ...request, overrides: [override('set_aside', of)] });
    expect(decision).toMatchObject({ decision: 'retain', grounds: [{ weight: 'keeps', overrideId: undefined }] });
  });

  it('keeps the default of which one decision says that it stands and another that it does not', () => {
    const both = [override('set_aside', 'crm-default'), override('keep', 'crm-default')];
    expect(decide([chosen], { ...request, overrides: both }).decision).toBe('retain');
  });

  it('keeps a record of which somebody has decided so, without an end', () => {
    expect(decide([kept], request)).toMatchObject({ decision: 'retain', end: 'open', doubts: [] });
  });

  it('lets a business default keep a record when nobody asks for its erasure', () => {
    expect(decide([chosen], review).decision).toBe('retain');
  });

  it('pseudonymises to the columns that all keeping rules together need', () => {
    const invoice = rule({ keeps: ['number', 'total'] });
    const anti = rule({ ruleId: 'aml', keeps: ['payer', 'total'] });
    expect(decide([invoice, anti], request)).toMatchObject({
      decision: 'pseudonymise',
      keeps: ['number', 'payer', 'total'],
    });
  });

  it('changes nothing of a record under a hold, not even to pseudonymise it, and gives no end', () => {
    expect(decide([rule({ keeps: ['total'] }), hold], request)).toMatchObject({ decision: 'retain', end: 'open' });
  });

  it('asks a person where a claim is to be judged, an event is unknown, or the class says so', () => {
    expect(decide([openBalance], request).doubts).toEqual(['claim_to_be_judged']);
    expect(decide([rule({ until: undefined, needsPerson: true })], request).doubts).toEqual([
      'class_needs_person',
      'event_unknown',
    ]);
  });

  it('takes the later of two ends that one rule has, as of two events of a record', () => {
    const later = rule({ until: new Date('2036-01-01T00:00:00Z') });
    expect(decide([later, rule()], request)).toMatchObject({ end: later.until });
    expect(decide([rule(), rule({ until: undefined })], request).end).toBe('open');
  });

  it('counts a rule as ended from its last moment on, not before', () => {
    const until = new Date('2026-11-24T12:00:00.000Z');
    expect(decide([rule({ until })], request).decision).toBe('erase');
    expect(decide([rule({ until })], { ...request, asOf: new Date(until.getTime() - 1) }).decision).toBe('retain');
  });
});

const STRENGTH = { erase: 0, pseudonymise: 1, retain: 2 } as const;

function endTime({ end }: Decision): number {
  if (end === undefined) return Number.NEGATIVE_INFINITY;
  return end === 'open' ? Number.POSITIVE_INFINITY : end.getTime();
}

describe('any decision', () => {
  it('is the same however its grounds come, and however often each is heard', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, fc.nat(), (grounds, circumstances, turn) => {
        const cut = grounds.length === 0 ? 0 : turn % grounds.length;
        const turned = [...grounds.slice(cut), ...grounds.slice(0, cut), ...grounds];
        expect(decide(turned, circumstances)).toEqual(decide(grounds, circumstances));
      }),
    );
  });

  it('never keeps less or shorter when a ground is added', () => {
    fc.assert(
      fc.property(someGrounds, anyGround, anyCircumstances, (grounds, more, circumstances) => {
        fc.pre(!grounds.some((each) => nameOf(each) === nameOf(more)));
        const before = decide(grounds, circumstances);
        const after = decide([...grounds, more], circumstances);
        expect(STRENGTH[after.decision]).toBeGreaterThanOrEqual(STRENGTH[before.decision]);
        expect(endTime(after)).toBeGreaterThanOrEqual(endTime(before));
        if (after.decision === 'pseudonymise') expect(after.keeps).toEqual(expect.arrayContaining([...before.keeps]));
      }),
    );
  });

  it('never keeps less when somebody decides that a ground stands', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, anyOverride, (grounds, circumstances, more) => {
        const without = decide(grounds, circumstances);
        const overrides = [...circumstances.overrides, { ...more, kind: 'keep' as const }];
        const withIt = decide(grounds, { ...circumstances, overrides });
        expect(STRENGTH[withIt.decision]).toBeGreaterThanOrEqual(STRENGTH[without.decision]);
        expect(endTime(withIt)).toBeGreaterThanOrEqual(endTime(without));
      }),
    );
  });

  it('is, when grounds are set aside, what the others alone say, and never keeps more or longer', () => {
    fc.assert(
      fc.property(
        someGrounds,
        anyCircumstances,
        anyOverride,
        (grounds, circumstances, { of, inRightOf, overrideId }) => {
          const setAside = { ...circumstances, overrides: [{ kind: 'set_aside' as const, of, inRightOf, overrideId }] };
          const bare = { ...circumstances, overrides: [] };
          const after = decide(grounds, setAside);
          const reached = (each: Ground) => overridableName(each) === of && overriderOf(each) === inRightOf;
          const others = decide(
            grounds.filter((each) => !reached(each)),
            bare,
          );
          expect({ ...after, grounds: [] }).toEqual({ ...others, grounds: [] });
          const before = decide(grounds, bare);
          expect(STRENGTH[after.decision]).toBeLessThanOrEqual(STRENGTH[before.decision]);
          expect(endTime(after)).toBeLessThanOrEqual(endTime(before));
          if (!grounds.some(reached)) expect(after).toEqual(before);
        },
      ),
    );
  });

  it('does not let go of what is held, or of what nobody may override, whatever is set aside', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, fc.array(anyOverride), (grounds, circumstances, overrides) => {
        const weighed = decide(grounds, { ...circumstances, overrides }).grounds;
        for (const { ground, weight } of weighed)
          if (ground.kind === 'hold' || overriderOf(ground) === 'nobody') expect(weight).not.toBe('set_aside');
        if (grounds.some(({ kind }) => kind === 'hold'))
          expect(decide(grounds, { ...circumstances, overrides })).toMatchObject({ decision: 'retain', end: 'open' });
      }),
    );
  });

  it('retains without an end under a hold, and after its release is what the other grounds say', () => {
    fc.assert(
      fc.property(someGrounds, holds, anyCircumstances, (grounds, held, circumstances) => {
        const others = grounds.filter(({ kind }) => kind !== 'hold');
        expect(decide([...others, held], circumstances)).toMatchObject({ decision: 'retain', end: 'open' });
        const released = [...others, held].filter((ground) => ground !== held);
        expect(decide(released, circumstances)).toEqual(decide(others, circumstances));
      }),
    );
  });

  it('never keeps longer as time passes', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, moments, (grounds, circumstances, later) => {
        const asOf = later > circumstances.asOf ? later : circumstances.asOf;
        const then = decide(grounds, { ...circumstances, asOf });
        expect(STRENGTH[then.decision]).toBeLessThanOrEqual(STRENGTH[decide(grounds, circumstances).decision]);
      }),
    );
  });

  it('explains itself: every ground is there once, with a weight, and a retained record has one that keeps it', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, (grounds, circumstances) => {
        const decision = decide(grounds, circumstances);
        expect(decision.grounds.map(({ ground }) => nameOf(ground)).sort()).toEqual(grounds.map(nameOf).sort());
        const isKept = decision.grounds.some(({ weight }) => weight === 'keeps');
        expect(decision.decision !== 'erase').toBe(isKept);
      }),
    );
  });
});
