/**
 * What an audience may know of why records are kept (design rule 11). A ground that it may not see still keeps its records,
 * so the rendering says that something does; but which kind of ground that is, how many there are and when they end must
 * not show. A hold in confidence is therefore rendered as a hidden rule would be, and a hidden ground has no date.
 */
import type { Party } from '../parties.ts';
import { doubtsOf } from './decide.ts';
import type { Decision, Doubt, Weight, WeighedGround } from './decide.ts';
import { overriderOf } from './grounds.ts';
import type { Ground, Overrider } from './grounds.ts';
import type { Audience, Force, Requirement, RetentionPurpose } from './words.ts';

/** `legal_duty`: of a party, and which it is is not for the audience to know. */
export const SHOWN_GROUND_KINDS = ['rule', 'hold', 'exception', 'override', 'reference', 'legal_duty'] as const;

export interface ShownGround {
  readonly kind: (typeof SHOWN_GROUND_KINDS)[number];
  /** A rule's, a hold's or an override's id, or an exception's name. */
  readonly id: string | null;
  readonly version: number | null;
  readonly force: Force | null;
  readonly requirement: Requirement | null;
  readonly purpose: RetentionPurpose | null;
  readonly party: Party;
  readonly exemption: string | null;
  readonly weight: Weight;
  /** The decision by which it stands or does not. */
  readonly overrideId: string | null;
  readonly overridableBy: Overrider;
  readonly until: Date | 'open';
}

export interface ShownGrounds {
  readonly grounds: readonly ShownGround[];
  /** Whether there are others that keep the record. They are not counted. */
  readonly hidden: boolean;
  readonly doubts: readonly Doubt[];
}

/** Who may see what is meant for `of`: the processor all, the controller its own and the subject's, the subject its own. */
const SEES: Readonly<Record<Audience, readonly Audience[]>> = {
  processor: ['processor', 'controller', 'subject'],
  controller: ['controller', 'subject'],
  subject: ['subject'],
};

export function maySee(audience: Audience, visibility: Audience): boolean {
  return SEES[audience].includes(visibility);
}

/** The grounds of a decision. To the controller those that are hidden are one legal duty of the processor. */
export function groundsFor(audience: Audience, weighed: readonly WeighedGround[]): ShownGrounds {
  const seen = weighed.filter(({ ground }) => maySee(audience, ground.visibility));
  const keeping = weighed.filter(({ weight }) => weight === 'keeps');
  const hidden = keeping.some(({ ground }) => !maySee(audience, ground.visibility));
  const grounds = seen.map((each) => show(each, audience));
  return {
    grounds: hidden && audience === 'controller' ? [...grounds, LEGAL_DUTY] : grounds,
    hidden,
    doubts: doubtsOf(seen.filter(({ weight }) => weight === 'keeps').map(({ ground }) => ground)),
  };
}

const LEGAL_DUTY: ShownGround = {
  kind: 'legal_duty',
  id: null,
  version: null,
  force: null,
  requirement: null,
  purpose: null,
  party: 'processor',
  exemption: null,
  weight: 'keeps',
  overrideId: null,
  overridableBy: 'nobody',
  until: 'open',
};

/** A person is told that there is a hold and not which, and nothing of who decided what about the rules. */
function show({ ground, weight, overrideId }: WeighedGround, audience: Audience): ShownGround {
  const isInside = audience !== 'subject';
  const rule = ground.kind === 'rule' ? ground : undefined;
  const isNamed = isInside || ground.kind === 'rule' || ground.kind === 'exception';
  return {
    kind: ground.kind,
    id: isNamed ? idOf(ground) : null,
    version: rule?.version ?? null,
    force: 'force' in ground ? ground.force : null,
    requirement: rule?.requirement ?? null,
    purpose: ground.purpose,
    party: ground.party,
    exemption: ('exemption' in ground ? ground.exemption : undefined) ?? null,
    weight,
    overrideId: isInside ? (overrideId ?? null) : null,
    overridableBy: overriderOf(ground),
    until: ('until' in ground ? ground.until : undefined) ?? 'open',
  };
}

function idOf(ground: Ground): string {
  if (ground.kind === 'rule') return ground.ruleId;
  if (ground.kind === 'hold') return ground.holdId;
  if (ground.kind === 'reference') return ground.because;
  return ground.kind === 'override' ? ground.overrideId : ground.exception;
}

/** When a decision ends, as far as the audience may know: with a hidden ground that is open, whatever its date. */
export function endFor(hidden: boolean, end: Decision['end']): Decision['end'] {
  return hidden && end !== undefined ? 'open' : end;
}

const SUBJECT_STATEMENTS = {
  nothing_kept: 'No data of this class is kept.',
  kept: 'Some data of this class is kept under an exemption.',
} as const;

/** Of one class of records, for the person whom they are about. It counts nothing: numbers tell what words withhold. */
export interface SubjectClass {
  readonly recordClass: string;
  readonly kept: boolean;
  readonly statement: (typeof SUBJECT_STATEMENTS)[keyof typeof SUBJECT_STATEMENTS];
  /** What the law allows it by, of the grounds that the person may see. */
  readonly exemptions: readonly string[];
  readonly end: Decision['end'];
}

/** What a decision is about, as far as it is told to the person. */
export type ClassDecision = Pick<Decision, 'decision' | 'end' | 'grounds'> & { readonly recordClass: string };

/** By class, in the order of their names. What is reduced is kept, and told as that. */
export function classesForSubject(decisions: readonly ClassDecision[]): readonly SubjectClass[] {
  return [...Map.groupBy(decisions, ({ recordClass }) => recordClass)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([recordClass, ofClass]) => classForSubject(recordClass, ofClass));
}

function classForSubject(recordClass: string, decisions: readonly ClassDecision[]): SubjectClass {
  const kept = decisions.filter(({ decision }) => decision !== 'erase');
  const shown = kept.map(({ grounds, end }) => {
    const { grounds: seen, hidden } = groundsFor('subject', grounds);
    return { keeping: seen.filter(({ weight }) => weight === 'keeps'), end: endFor(hidden, end) };
  });
  const exemptions = shown.flatMap(({ keeping }) => keeping.flatMap(({ exemption }) => exemption ?? []));
  return {
    recordClass,
    kept: kept.length > 0,
    statement: kept.length > 0 ? SUBJECT_STATEMENTS.kept : SUBJECT_STATEMENTS.nothing_kept,
    exemptions: [...new Set(exemptions)].toSorted(),
    end: latest(shown.map(({ end }) => end)),
  };
}

function latest(ends: readonly Decision['end'][]): Decision['end'] {
  if (ends.includes('open')) return 'open';
  const dates = ends.filter((end) => end instanceof Date);
  return dates.length === 0 ? undefined : new Date(Math.max(...dates.map((date) => date.getTime())));
}
