/** Which records that were found due go, and what may go without anybody's word. */
import { approvalsFor } from '../erasing/approvals.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ScheduleFile } from '../schedule/format.ts';
import type { Decision } from '../../domain/retention/decide.ts';

/** Records of a collection that agree in their grounds, weighed. */
export interface FreeGroup {
  readonly source: string;
  readonly collection: Pick<PlannedCollection, 'ref'>;
  readonly recordClass: string;
  readonly combination: string;
  readonly decision: Decision;
  readonly rows: number;
}

/**
 * A review takes records whole or leaves them whole: what something else keeps, be it in a few columns alone, stays as it is
 * until that has ended too.
 */
export const areFree = ({ decision, rows }: Pick<FreeGroup, 'decision' | 'rows'>): boolean =>
  decision.decision === 'erase' && rows > 0;

/** By the schedule's word for the class, unless one of the rules that have ended wants a person to look. */
export function goAutomatically(
  { classes }: Pick<ScheduleFile, 'classes'>,
  { recordClass, decision }: Pick<FreeGroup, 'recordClass' | 'decision'>,
): boolean {
  const needsPerson = decision.grounds.some(({ ground }) => ground.kind === 'rule' && ground.needsPerson);
  return classes[recordClass]?.automatic === true && !needsPerson;
}

/** How many different people must approve that these go. */
export function approvalsToDispose(schedule: Pick<ScheduleFile, 'classes'>, groups: readonly FreeGroup[]): number {
  const needed = approvalsFor(schedule, groups);
  return Math.max(1, ...groups.map((group) => needed(group)));
}

interface ApprovedGroup {
  readonly source: string;
  readonly collection: string;
  readonly combination: string;
  readonly rows: number;
}

/** Whether people approved of the group as it is now. Fewer records than were approved are no news. */
export function isCovered(approved: readonly ApprovedGroup[], group: FreeGroup): boolean {
  return approved.some(
    (each) =>
      each.source === group.source &&
      each.collection === group.collection.ref &&
      each.combination === group.combination &&
      each.rows >= group.rows,
  );
}
