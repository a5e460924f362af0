/**
 * Which grounds rows of a collection can have at all: the rules and exceptions of its class that hold where the workspace
 * is, the holds that can cover it, and what other records make of it. What of that a row has, its source computes.
 */
import type { ActiveHold, HeldRecord } from '../../domain/holds.ts';
import { decide } from '../../domain/retention/decide.ts';
import type { Circumstances } from '../../domain/retention/decide.ts';
import type { Ground, ReferenceGround } from '../../domain/retention/grounds.ts';
import { groundKey } from '../../domain/retention/grounds.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ScheduledException, ScheduledRule } from '../schedule/format.ts';
import type { ScheduleInForce } from '../schedule/parse.ts';

/** What makes a row have the ground. */
type Demand =
  | { readonly kind: 'rule'; readonly rule: ScheduledRule }
  | { readonly kind: 'exception'; readonly exception: ScheduledException }
  | { readonly kind: 'hold'; readonly hold: ActiveHold; readonly keySet: string | undefined }
  | { readonly kind: 'record'; readonly record: HeldRecord }
  | { readonly kind: 'mention'; readonly after: number }
  /** Found out last, from what becomes of other rows. */
  | { readonly kind: 'reference' };

export interface PossibleGround {
  /** While it lasts, without its end. */
  readonly ground: Ground;
  readonly demand: Demand;
  /** Whether it keeps a row while it lasts, under the circumstances. */
  readonly stands: boolean;
}

export interface Grounds {
  readonly schedule: ScheduleInForce;
  readonly holds: readonly SoughtHold[];
  readonly circumstances: Circumstances;
  /** That somebody decided to keep. */
  readonly records: readonly (HeldRecord & { readonly overrideId: string })[];
  /** Where the workspace is (ISO 3166); nowhere named, every country's rules hold. */
  readonly jurisdictions: readonly string[];
}

export interface SoughtHold {
  readonly hold: ActiveHold;
  /** The key tables of the search for whom it is about, by collection; undefined of a hold on nobody in particular. */
  readonly keySets: ReadonlyMap<string, string> | undefined;
}

/** How the records of a collection are tied to others. */
export interface Standing {
  /** The columns that hold records together. */
  readonly structure: readonly string[];
  /** They are found as something that people take part in, as a conversation, and not as somebody's own. */
  readonly isShared: boolean;
}

/** In an order of their own; `ownRound` is the last one in which rows of the person were found, after which come mentions. */
export function possibleGrounds(
  collection: PlannedCollection,
  ownRound: number,
  { structure, isShared }: Standing,
  grounds: Grounds,
): readonly PossibleGround[] {
  const own = [
    ...ofSchedule(collection, grounds),
    ...holdsOver(collection, grounds.holds).map(ofHold),
    ...grounds.records.filter((record) => record.collection === collection.ref).map(ofRecord),
    ...(collection.mentions.length > 0 ? [ofMention(collection, ownRound)] : []),
    ...referenceGrounds(collection, { structure, isShared }),
  ];
  return own
    .map((each) => ({ ...each, stands: decide([each.ground], grounds.circumstances).decision !== 'erase' }))
    .toSorted((a, b) => compare(sortKey(a.ground), sortKey(b.ground)));
}

type Unweighed = Omit<PossibleGround, 'stands'>;

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Of two grounds of one name the stronger comes first, for the first one counts. */
const sortKey = (ground: Ground): string =>
  `${groundKey(ground)} ${'force' in ground && ground.force === 'business_default' ? 1 : 0}`;

function ofSchedule(collection: PlannedCollection, { schedule, jurisdictions }: Grounds): readonly Unweighed[] {
  return [
    ...schedule.rules
      .filter((rule) => isAbout(collection, rule) && holdsIn(rule, jurisdictions))
      .map((rule) => ({
        ground: ruleGround(rule, schedule.ruleVersions.get(rule.id) ?? 1),
        demand: { kind: 'rule' as const, rule },
      })),
    ...schedule.exceptions
      .filter((each) => isAbout(collection, each))
      .map((exception) => ({
        ground: exceptionGround(exception),
        demand: { kind: 'exception' as const, exception },
      })),
  ];
}

/** Whether a rule or an exception is written for the collection. */
export function isAbout(
  { ref, recordClass }: Pick<PlannedCollection, 'ref' | 'recordClass'>,
  each: ScheduledRule | ScheduledException,
): boolean {
  return each.record_class === recordClass && (each.collections?.includes(ref) ?? true);
}

/** A country's rules may hold in its parts, and a part's where only the country is known. */
export function holdsIn({ jurisdictions }: ScheduledRule, here: readonly string[]): boolean {
  if (jurisdictions === undefined || here.length === 0) return true;
  const isWithin = (part: string, whole: string): boolean => part === whole || part.startsWith(`${whole}-`);
  return jurisdictions.some((of) => here.some((place) => isWithin(place, of) || isWithin(of, place)));
}

export function ruleGround(rule: ScheduledRule, version: number): Ground {
  return {
    kind: 'rule',
    ruleId: rule.id,
    version,
    force: rule.force,
    requirement: rule.requirement,
    purpose: rule.purpose,
    party: rule.party,
    visibility: rule.visibility,
    exemption: rule.exemption,
    keeps: rule.columns,
    until: undefined,
    needsPerson: rule.needs_person,
    overridableBy: rule.overridable_by,
  };
}

export function exceptionGround({ exception, force, purpose, party, visibility, ...why }: ScheduledException): Ground {
  const { exemption, basis, source } = why;
  return { kind: 'exception', exception, force, purpose, party, visibility, exemption, basis, source };
}

/** A hold that can cover rows of a collection, with the key table of whom it is about. */
type HoldDemand = Extract<Demand, { readonly kind: 'hold' }>;

/** Those that can cover rows of a collection, by its name and class and by what the search for whom they are about found. */
export function holdsOver(
  { ref, recordClass }: Pick<PlannedCollection, 'ref' | 'recordClass'>,
  holds: readonly SoughtHold[],
): readonly HoldDemand[] {
  return holds.flatMap(({ hold, keySets }): readonly HoldDemand[] => {
    const { classes, records } = hold.scope;
    if (classes !== undefined && !classes.includes(recordClass ?? '')) return [];
    if (records !== undefined && !records.some((record) => record.collection === ref)) return [];
    const keySet = keySets?.get(ref);
    if (keySets !== undefined && keySet === undefined) return [];
    return [{ kind: 'hold', hold, keySet }];
  });
}

function ofHold(demand: HoldDemand): Unweighed {
  const { holdId, purpose, party, visibility } = demand.hold;
  return { ground: { kind: 'hold', holdId, purpose, party, visibility }, demand };
}

const OVERRIDDEN = { purpose: 'legitimate_business', party: 'controller', visibility: 'controller' } as const;

function ofRecord({ overrideId, ...record }: Grounds['records'][number]): Unweighed {
  return { ground: { kind: 'override', overrideId, ...OVERRIDDEN }, demand: { kind: 'record', record } };
}

const REFERENCE = {
  kind: 'reference',
  purpose: 'compliance',
  party: 'controller',
  visibility: 'controller',
  until: undefined,
} as const;

/** Somebody else's record loses nothing but the person's identifiers in its free text. */
function ofMention(collection: PlannedCollection, after: number): Unweighed {
  return {
    ground: { ...REFERENCE, because: 'mention', keeps: columnsOf(collection) },
    demand: { kind: 'mention', after },
  };
}

/**
 * What is found out last. What others' records refer to is left to them when it is something that is shared; what is the
 * person's own loses everything but what holds the records together.
 */
function referenceGrounds(collection: PlannedCollection, { structure, isShared }: Standing): readonly Unweighed[] {
  const grounds: readonly ReferenceGround[] = [
    { ...REFERENCE, because: 'kept_record', keeps: structure },
    { ...REFERENCE, because: 'kept_record', keeps: undefined },
    { ...REFERENCE, because: 'others_record', keeps: isShared ? columnsOf(collection) : structure },
  ];
  return grounds.map((ground) => ({ ground, demand: { kind: 'reference' } }));
}

function columnsOf({ key, tenant, fields, exemptColumns }: PlannedCollection): readonly string[] {
  return [...new Set([...key, tenant, ...[...fields, ...exemptColumns].map(({ column }) => column)])].toSorted();
}
