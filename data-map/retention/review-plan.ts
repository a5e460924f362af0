/** The plan of a retention review in one source: every collection that belongs to workspaces, with nobody to start from. */
import { handoverOf } from '../handover.ts';
import type { DataMap } from '../model.ts';
import { collectionsOf } from '../model.ts';
import type { Plan, PlannedCollection } from '../plan.ts';
import type { ScheduledException, ScheduledRule, ScheduleFile } from '../schedule/format.ts';
import { holdsIn, isAbout } from '../erasing/possible-grounds.ts';

/**
 * Also what no search walks through, for it is kept and erased by the schedule all the same. What is searched by hand has
 * no tables.
 */
export function planReview(map: DataMap, source: string): Plan {
  const byHand = new Set(map.datasets.filter(({ manual }) => manual !== undefined).map(({ key }) => key));
  const own = collectionsOf(map).filter((each) => each.source === source && !byHand.has(each.dataset));
  const collections = own.flatMap((each, position): readonly PlannedCollection[] => {
    const { tenant, key } = each;
    if (tenant === undefined || key.length === 0) return [];
    const handover = handoverOf(map, each, [], {});
    const { columns, omitted } = handover;
    return [{ ...each, tenant, position, seeds: [], mentions: [], handover, columns, omitted }];
  });
  return { source, mapVersion: map.version, tenantBound: true, collections, stages: [], cyclic: false };
}

/** The same without collections: for a source that is opened only because holds lead through it. */
export const planNothing = (map: DataMap, source: string): Plan => ({ ...planReview(map, source), collections: [] });

/** A collection with what the schedule says of it where the workspace is. */
export interface RuledCollection {
  readonly collection: PlannedCollection;
  readonly recordClass: string;
  readonly rules: readonly ScheduledRule[];
  readonly exceptions: readonly ScheduledException[];
}

/** Those that some rule is about: what no rule is about has no period, so no review finds that one has ended. */
export function ruledCollections(
  { collections }: Pick<Plan, 'collections'>,
  { rules, exceptions }: Pick<ScheduleFile, 'rules' | 'exceptions'>,
  jurisdictions: readonly string[],
): readonly RuledCollection[] {
  return collections.flatMap((collection) => {
    const own = rules.filter((rule) => isAbout(collection, rule) && holdsIn(rule, jurisdictions));
    const { recordClass } = collection;
    if (recordClass === undefined || own.length === 0) return [];
    return [
      { collection, recordClass, rules: own, exceptions: exceptions.filter((each) => isAbout(collection, each)) },
    ];
  });
}
