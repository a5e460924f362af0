/** Grounds as a schedule and a register give them, for tests of what people decide on and of what is certified. */
import type { ExceptionGround, HoldGround, RuleGround } from '../../../domain/retention/grounds.ts';

/** Invoices, reduced to what tax law asks for; everybody may know of it. */
export const taxRule: RuleGround = {
  kind: 'rule',
  ruleId: 'invoices-tax',
  version: 2,
  force: 'mandatory',
  requirement: 'billing',
  purpose: 'tax',
  party: 'controller',
  visibility: 'subject',
  exemption: 'GDPR Art. 17(3)(b)',
  keeps: ['number', 'total'],
  until: new Date('2035-01-01T00:00:00Z'),
  needsPerson: false,
  overridableBy: 'nobody',
};

/** Yields to a valid request, unless the controller overrides. */
export const leadsRule: RuleGround = {
  ...taxRule,
  ruleId: 'leads-default',
  version: 1,
  force: 'business_default',
  requirement: 'transaction_retention',
  purpose: 'legitimate_business',
  exemption: undefined,
  keeps: undefined,
  overridableBy: 'controller',
};

/** The processor's own, in its confidence. */
export const launderingRule: RuleGround = {
  ...taxRule,
  ruleId: 'aml-screening',
  purpose: 'compliance',
  party: 'processor',
  visibility: 'processor',
  keeps: undefined,
  overridableBy: 'processor',
};

export const openBalance: ExceptionGround = {
  kind: 'exception',
  exception: 'open_balance',
  force: 'claims',
  purpose: 'dispute',
  party: 'controller',
  visibility: 'subject',
  exemption: 'GDPR Art. 17(3)(e)',
  basis: 'The invoice has not been paid.',
  source: 'the contract',
};

/** Of which the person may not know. */
export const confidentialHold: HoldGround = {
  kind: 'hold',
  holdId: '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f09',
  purpose: 'legal',
  party: 'controller',
  visibility: 'controller',
};
