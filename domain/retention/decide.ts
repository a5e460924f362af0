/**
 * The decision on a record from its grounds: pure, so that the same grounds give the same decision wherever and whenever
 * it is made, and complete, so that it explains itself by every ground with the weight that it had.
 *
 * The order is design rule 4's: a hold beats everything and has no end; against a valid erasure request a period that
 * somebody chose yields unless the controller decided otherwise; a ground that whoever may do so has set aside does not
 * count; of the grounds that survive the longest wins.
 */
import { groundKey, overridableName, overriderOf } from './grounds.ts';
import type { Ground, Override } from './grounds.ts';

export interface Circumstances {
  /** What asks for the erasure. A schedule's own review has no request that a business default could yield to. */
  readonly askedBy: 'erasure_request' | 'termination' | 'retention_review';
  readonly asOf: Date;
  readonly overrides: readonly Override[];
}

/**
 * `keeps`: it is among those that retain the record. `ended`: its time is over. `yields`: a business default, against a
 * valid request. `set_aside`: by somebody's decision in this case.
 */
export const WEIGHTS = ['keeps', 'ended', 'yields', 'set_aside'] as const;
export type Weight = (typeof WEIGHTS)[number];

export interface WeighedGround {
  readonly ground: Ground;
  readonly weight: Weight;
  /** The decision by which a business default stands, or a ground does not. */
  readonly overrideId: string | undefined;
}

/** Why a person must look before the decision is carried out. */
export const DOUBTS = ['class_needs_person', 'claim_to_be_judged', 'event_unknown'] as const;
export type Doubt = (typeof DOUBTS)[number];

export interface Decision {
  readonly decision: 'erase' | 'pseudonymise' | 'retain';
  /** Columns that stay; only of a pseudonymisation. */
  readonly keeps: readonly string[];
  /** The first moment at which no ground keeps it; `open` when that is not known or there is a hold; undefined of an erasure. */
  readonly end: Date | 'open' | undefined;
  readonly doubts: readonly Doubt[];
  /** All of them, in an order that does not depend on how they came. */
  readonly grounds: readonly WeighedGround[];
}

export function decide(grounds: readonly Ground[], circumstances: Circumstances): Decision {
  const weighed = distinct(grounds).map((ground) => weigh(ground, circumstances));
  const keeping = weighed.filter(({ weight }) => weight === 'keeps').map(({ ground }) => ground);
  const keeps = columnsKept(keeping);
  return {
    decision: keeping.length === 0 ? 'erase' : keeps === undefined ? 'retain' : 'pseudonymise',
    keeps: keeps ?? [],
    end: endOf(keeping),
    doubts: doubtsOf(keeping),
    grounds: weighed,
  };
}

/** Two hearings of one ground are one; of two ends of one rule, as of two events of a record, the later. */
function distinct(grounds: readonly Ground[]): readonly Ground[] {
  const found = new Map<string, Ground>();
  for (const ground of grounds) {
    const key = groundKey(ground);
    const earlier = found.get(key);
    found.set(key, earlier === undefined ? ground : longer(earlier, ground));
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, ground]) => ground);
}

function longer(a: Ground, b: Ground): Ground {
  if (!('until' in a) || !('until' in b)) return a;
  if (a.until === undefined || b.until === undefined) return a.until === undefined ? a : b;
  return a.until >= b.until ? a : b;
}

function weigh(ground: Ground, { askedBy, asOf, overrides }: Circumstances): WeighedGround {
  const weighed = (weight: Weight, overrideId?: string): WeighedGround => ({ ground, weight, overrideId });
  if (ground.kind === 'hold' || ground.kind === 'override' || ground.kind === 'reference') return weighed('keeps');
  if (ground.kind === 'rule' && ground.until !== undefined && ground.until <= asOf) return weighed('ended');
  const applying = overrides.filter((each) => reaches(each, ground));
  const keeping = applying.find(({ kind }) => kind === 'keep');
  const setAside = applying.find(({ kind }) => kind === 'set_aside');
  const yields = ground.force === 'business_default' && askedBy !== 'retention_review';
  if (yields && keeping !== undefined) return weighed('keeps', keeping.overrideId);
  // Of two decisions that contradict each other the one that loses nothing holds.
  if (setAside !== undefined && keeping === undefined) return weighed('set_aside', setAside.overrideId);
  return weighed(yields ? 'yields' : 'keeps');
}

function reaches({ of, inRightOf }: Override, ground: Ground): boolean {
  return overridableName(ground) === of && overriderOf(ground) === inRightOf;
}

/** The columns that any of them keeps; undefined when one keeps the whole record. A hold forbids any change. */
function columnsKept(keeping: readonly Ground[]): readonly string[] | undefined {
  const kept = keeping.map((ground) => ('keeps' in ground ? ground.keeps : undefined));
  if (kept.some((columns) => columns === undefined)) return undefined;
  return [...new Set(kept.flatMap((columns) => columns ?? []))].toSorted();
}

function endOf(keeping: readonly Ground[]): Decision['end'] {
  if (keeping.length === 0) return undefined;
  const ends = keeping.map((ground) => ('until' in ground ? ground.until : undefined));
  let latest = new Date(0);
  for (const end of ends) {
    if (end === undefined) return 'open';
    if (end > latest) latest = end;
  }
  return latest;
}

/** What is doubtful about grounds that keep a record. */
export function doubtsOf(keeping: readonly Ground[]): readonly Doubt[] {
  const doubts = keeping.flatMap((ground): Doubt[] => {
    if (ground.kind === 'hold' || ground.kind === 'override' || ground.kind === 'reference') return [];
    if (ground.kind === 'exception') return ground.force === 'claims' ? ['claim_to_be_judged'] : [];
    return [
      ...(ground.needsPerson ? (['class_needs_person'] as const) : []),
      ...(ground.force === 'claims' ? (['claim_to_be_judged'] as const) : []),
      ...(ground.until === undefined ? (['event_unknown'] as const) : []),
    ];
  });
  return [...new Set(doubts)].toSorted();
}
