/** Grounds, overrides and circumstances of every kind, for properties. */
import fc from 'fast-check';
import type { Circumstances } from '../../../domain/retention/decide.ts';
import { OVERRIDE_KINDS, groundKey } from '../../../domain/retention/grounds.ts';
import type { Ground, HoldGround, Override } from '../../../domain/retention/grounds.ts';
import { AUDIENCES, FORCES, REQUIREMENTS, RETENTION_PURPOSES } from '../../../domain/retention/words.ts';

export const moments = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const columns = fc.uniqueArray(fc.constantFrom('id', 'number', 'total', 'payer'), { minLength: 1 });
const parties = fc.constantFrom('controller' as const, 'processor' as const);
const shared = {
  purpose: fc.constantFrom(...RETENTION_PURPOSES),
  party: parties,
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
  overridableBy: fc.constantFrom('controller' as const, 'processor' as const, 'nobody' as const),
});
export const holds: fc.Arbitrary<HoldGround> = fc.record({
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
const keptRecords: fc.Arbitrary<Ground> = fc.record({
  ...shared,
  kind: fc.constant('override' as const),
  overrideId: fc.constantFrom('k1', 'k2'),
});
const references: fc.Arbitrary<Ground> = fc.record({
  ...shared,
  kind: fc.constant('reference' as const),
  because: fc.constantFrom('kept_record' as const, 'others_record' as const, 'mention' as const),
  keeps: fc.option(fc.subarray(['id', 'total']), { nil: undefined }),
  until: fc.option(moments, { nil: undefined }),
});
export const anyGround = fc.oneof({ weight: 6, arbitrary: rules }, holds, exceptions, keptRecords, references);
/** One ground of a name: what a schedule and a register can give. */
export const someGrounds = fc.uniqueArray(anyGround, { maxLength: 8, selector: nameOf });
export const anyOverride: fc.Arbitrary<Override> = fc.record({
  kind: fc.constantFrom(...OVERRIDE_KINDS),
  of: fc.constantFrom('a', 'b', 'active_contract', 'h1', 'k1'),
  overrideId: fc.constant('o'),
  inRightOf: parties,
});
export const anyCircumstances: fc.Arbitrary<Circumstances> = fc.record({
  askedBy: fc.constantFrom('erasure_request' as const, 'termination' as const, 'retention_review' as const),
  asOf: moments,
  overrides: fc.array(anyOverride),
});

export function nameOf(ground: Ground): string {
  if (ground.kind === 'hold') return ground.holdId;
  if (ground.kind === 'override') return ground.overrideId;
  if (ground.kind === 'reference') return groundKey(ground);
  return ground.kind === 'rule' ? `${ground.ruleId}@${ground.version}` : ground.exception;
}
