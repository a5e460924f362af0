/** The closed lists of retention. The database's constraints and the schedule's file format read them from here. */

/** Under which of the terms' seven requirements something is kept. */
export const REQUIREMENTS = [
  'legal',
  'billing',
  'security',
  'signed_document',
  'audit',
  'backup',
  'transaction_retention',
] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

/** For what kept records may still be used, and for nothing else (GDPR Art. 18(2)). */
export const RETENTION_PURPOSES = [
  'legitimate_business',
  'legal',
  'tax',
  'fraud_prevention',
  'security',
  'dispute',
  'compliance',
] as const;
export type RetentionPurpose = (typeof RETENTION_PURPOSES)[number];

/**
 * What stands behind a rule. `mandatory`: a law commands keeping. `claims`: legal claims are made, exercised or defended.
 * `business_default`: somebody chose a period, which a valid erasure request defeats (GDPR Art. 17(1), (3)).
 */
export const FORCES = ['mandatory', 'claims', 'business_default'] as const;
export type Force = (typeof FORCES)[number];

/** Who may read of it: each audience sees what names it and what is wider. */
export const AUDIENCES = ['processor', 'controller', 'subject'] as const;
export type Audience = (typeof AUDIENCES)[number];
