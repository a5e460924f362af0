/** What a controller may keep back of a package, on which ground, and what it decides when it has looked. Closed lists. */

/**
 * The grounds on which something that is the person's is kept back, with the law each rests on. Whether one applies is the
 * controller's judgement; the log of what was kept back names the ground.
 */
export const EXEMPTION_SOURCES = {
  /** The copy must not adversely affect the rights and freedoms of others. */
  third_party_rights: 'GDPR Art. 15(4) and 20(4); Cal. Civ. Code 1798.145(k)',
  /** Communication with a lawyer, and what a duty of secrecy covers. */
  legal_privilege: 'UK DPA 2018, Sch. 2, para. 19; BDSG s. 29(1); Cal. Civ. Code 1798.145(b)',
  trade_secret: 'GDPR Art. 15(4) with recital 63; Cal. Civ. Code 1798.100(f)',
  /** Telling would hinder the prevention, investigation or prosecution of an offence. */
  ongoing_investigation: 'GDPR Art. 23(1)(d) with the Member State law; UK DPA 2018, Sch. 2, para. 2',
  negotiations: 'UK DPA 2018, Sch. 2, para. 23',
  confidential_reference: 'UK DPA 2018, Sch. 2, para. 24',
  /** The search found it, and it is not about the person. */
  not_about_the_person: 'GDPR Art. 4(1) and 15(1)',
  /** A restriction that the reason names. */
  other_law: 'GDPR Art. 23(1) with the law that the reason names',
} as const satisfies Record<string, string>;
export type Exemption = keyof typeof EXEMPTION_SOURCES;
export const EXEMPTIONS = Object.keys(EXEMPTION_SOURCES) as readonly Exemption[];

/** Handed over as it is, or built again with what was decided to be kept back. */
export const RELEASE_DECISIONS = ['release', 'rebuild'] as const;
export type ReleaseDecision = (typeof RELEASE_DECISIONS)[number];

/** How the search of a system that is not connected stands. `cancelled` when its request was. */
export const TASK_STATUSES = ['open', 'found', 'nothing_found', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];
export type TaskOutcome = Exclude<TaskStatus, 'open' | 'cancelled'>;

/** What whoever receives a package is told with every delivery. */
export const RECIPIENTS_RESPONSIBILITY =
  'Whoever receives the package answers for the personal data in it from then on: keep it safe, hand it only to the ' +
  'person it is about, and delete copies that are no longer needed.';
