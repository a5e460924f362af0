import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../domain/retention/decide.ts';
import type { Circumstances, Decision } from '../../../domain/retention/decide.ts';
import type { ExceptionGround, Ground, HoldGround, RuleGround } from '../../../domain/retention/grounds.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../../domain/retention/words.ts';

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
    const decision = decide([chosen], { ...request, overrides: [{ of: 'crm-default', overrideId: 'o1' }] });
    expect(decision).toMatchObject({ decision: 'retain', grounds: [{ weight: 'keeps', overrideId: 'o1' }] });
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

const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const columns = fc.uniqueArray(fc.constantFrom('id', 'number', 'total', 'payer'), { minLength: 1 });
const shared = {
  purpose: fc.constantFrom(...RETENTION_PURPOSES),
  party: fc.constantFrom('controller' as const, 'processor' as const),
  visibility: fc.constantFrom(...AUDIENCES),
};
const rules: fc.Arbitrary<Ground> = fc.record({
  ...shared,
  kind: fc.constant('rule' as const),
  ruleId: fc.constantFrom('a', 'b', 'c', 'd'),
  version: fc.integer({ min: 1, max: 2 }),
  force: fc.constantFrom(...FORCES),
  requirement: fc.constantFrom(...REQUIREMENTS),
  exemption: fc.constant('GDPR Art. 17(3)(b)'),
  keeps: fc.option(columns, { nil: undefined }),
  until: fc.option(moments, { nil: undefined }),
  needsPerson: fc.boolean(),
});
const holds: fc.Arbitrary<Ground> = fc.record({
  ...shared,
  kind: fc.constant('hold' as const),
  holdId: fc.constantFrom('h1', 'h2'),
});
const exceptions: fc.Arbitrary<Ground> = fc.record({
  ...shared,
  kind: fc.constant('exception' as const),
  exception: fc.constantFrom('open_balance' as const, 'active_contract' as const, 'pending_dispute' as const),
  force: fc.constantFrom('claims' as const, 'business_default' as const),
});
const anyGround = fc.oneof({ weight: 6, arbitrary: rules }, holds, exceptions);
/** One ground of a name: what a schedule and a register can give. */
const someGrounds = fc.uniqueArray(anyGround, { maxLength: 8, selector: nameOf });
const anyCircumstances: fc.Arbitrary<Circumstances> = fc.record({
  askedBy: fc.constantFrom('erasure_request' as const, 'termination' as const, 'retention_review' as const),
  asOf: moments,
  overrides: fc.array(fc.record({ of: fc.constantFrom('a', 'b', 'active_contract'), overrideId: fc.constant('o') })),
});

function nameOf(ground: Ground): string {
  if (ground.kind === 'hold') return ground.holdId;
  return ground.kind === 'rule' ? `${ground.ruleId}@${ground.version}` : ground.exception;
}

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

  it('never keeps less when the controller overrides', () => {
    fc.assert(
      fc.property(someGrounds, anyCircumstances, (grounds, circumstances) => {
        const without = decide(grounds, { ...circumstances, overrides: [] });
        const withThem = decide(grounds, circumstances);
        expect(STRENGTH[withThem.decision]).toBeGreaterThanOrEqual(STRENGTH[without.decision]);
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
