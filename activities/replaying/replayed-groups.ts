/** What becomes of rows that are there again: what was done to them before, unless a hold keeps them by now. */
import type { RetainedDecision } from '../../domain/certificate/evidence.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { FoundGroup } from '../erasing/freeze.ts';
import type { WeighedGroup } from '../erasing/weighing.ts';
import { combinedName } from './erased-leaves.ts';
import type { ErasedCombination } from './erased-leaves.ts';

/** Of a collection: the columns that stayed when its rows were pseudonymised. */
export type StoredKeeps = (collection: string) => readonly string[];

export interface ThereAgain extends ErasedCombination {
  readonly collection: PlannedCollection;
}

/** Rows that a hold keeps now, and what they were erased by then. */
export interface HeldAgain extends ErasedCombination {
  readonly collection: string;
  readonly decision: RetainedDecision;
}

type Group = Pick<
  WeighedGroup,
  'source' | 'collection' | 'combination' | 'recordClass' | 'decision' | 'endsFirst' | 'endsLast'
>;

/**
 * A hold alone keeps what was erased lawfully once: no rule or exception does that looks at a state from before. Where a hold
 * keeps rows, those that they refer to stay with them.
 */
export function heldAgain(groups: readonly Group[], again: readonly ThereAgain[]): readonly HeldAgain[] {
  const weighed = again.flatMap((each) => {
    const group = groupOf(groups, each);
    return group ? [{ each, group }] : [];
  });
  const isHeld = ({ group }: (typeof weighed)[number]): boolean => keeps(group, 'hold');
  const areHeld = weighed.some(isHeld);
  return weighed
    .filter((one) => isHeld(one) || (areHeld && one.each.action === 'delete' && keeps(one.group, 'reference')))
    .map(({ each, group }) => ({ ...each, collection: each.collection.ref, decision: retained(group, each.rows) }));
}

function retained({ recordClass, decision, endsFirst, endsLast }: Group, rows: number): RetainedDecision {
  return {
    recordClass,
    decision: 'retain',
    rows,
    grounds: decision.grounds,
    endsFirst: instantOf(endsFirst),
    endsLast: instantOf(endsLast),
  };
}

const instantOf = (end: Date | 'open' | undefined): string | null => (end instanceof Date ? end.toISOString() : null);

/** To be frozen. */
export function replayedGroups(
  groups: readonly Group[],
  again: readonly ThereAgain[],
  held: readonly HeldAgain[],
  keepsOf: StoredKeeps,
): readonly FoundGroup[] {
  const isHeld = (each: ThereAgain): boolean =>
    held.some((one) => one.collection === each.collection.ref && combinedName(one) === combinedName(each));
  return again.flatMap((each): FoundGroup[] => {
    const group = groupOf(groups, each);
    if (group === undefined || isHeld(each)) return [];
    const { collection, rows } = each;
    const found = { source: group.source, collection, combination: combinedName(each), rows };
    if (each.action === 'delete') return [{ ...found, decision: { decision: 'erase', keeps: [] } }];
    if (each.action === 'restrict') return [{ ...found, decision: { decision: 'retain', keeps: [] } }];
    const isPseudonymised = group.decision.decision === 'pseudonymise';
    const columns = isPseudonymised ? group.decision.keeps : keepsOf(collection.ref);
    return [{ ...found, decision: { decision: 'pseudonymise', keeps: columns }, isOthers: isOthers(group) }];
  });
}

function groupOf(groups: readonly Group[], { collection, combination }: ThereAgain): Group | undefined {
  return groups.find((group) => group.collection.ref === collection.ref && group.combination === combination);
}

const keeps = ({ decision }: Group, kind: 'hold' | 'reference'): boolean =>
  decision.grounds.some(({ weight, ground }) => weight === 'keeps' && ground.kind === kind);

const isOthers = ({ decision }: Group): boolean =>
  decision.grounds.some(
    ({ weight, ground }) => weight === 'keeps' && ground.kind === 'reference' && ground.because === 'mention',
  );
