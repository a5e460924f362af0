/** Carries an approved erasure out: records first, then the objects that they named, then its journal. */
import type { Erased, ErasedMedia } from '../domain/erasure.ts';
import type { RequestRef } from '../domain/runs.ts';
import { eraseRecords } from './erasing/carry-out.ts';
import type { Prepare } from './erasing/carry-out.ts';
import { endErasure, eraseMedia } from './erasing/conclude.ts';
import type { ConcludeDeps } from './erasing/conclude.ts';
import { prepareWeighing } from './erasing/prepare.ts';
import type { WeighedGroup } from './erasing/weighing.ts';
import { currentControl } from './packaging/control.ts';

export type EraseRecordsActivities = ReturnType<typeof createEraseRecordsActivities>;

export function createEraseRecordsActivities(deps: ConcludeDeps) {
  return {
    /**
     * Freezes the plan, unless it was, and erases batch by batch. For the queue steward-bulk: minutes to hours, with
     * heartbeats; a worker that dies is followed by one that goes on. Throws InvalidDataMap when rows cannot be erased or
     * masked, Unavailable while a source is away or its rows stay locked.
     */
    eraseRecords: (ref: RequestRef): Promise<Erased> => eraseRecords(deps, ref, currentControl(), preparing(deps, ref)),

    /** Deletes the objects that erased records named, with their versions and what is made of them. */
    eraseMedia: (ref: RequestRef): Promise<ErasedMedia> => eraseMedia(deps, ref, currentControl()),

    /** Writes the journal, then removes the keys from the sources. Idempotent. */
    endErasure: (ref: RequestRef): Promise<void> => endErasure(deps, ref, currentControl()),
  };
}

/** How the records of an erasure are found and weighed, each time anew. */
export function preparing(deps: ConcludeDeps, ref: RequestRef): Prepare {
  return async (erasureId) => {
    const prepared = await prepareWeighing(deps, ref, erasureId);
    return {
      plans: prepared.plans,
      weigh: async (work, signal) =>
        prepared.weigh(
          async (weighed) =>
            work(weighed.map(({ groups, ...each }) => ({ ...each, groups: groups.map((group) => foundGroup(group)) }))),
          signal,
        ),
    };
  };
}

/** Somebody else's record that only mentions the person is not the person's to restrict. */
function foundGroup({ decision, ...group }: WeighedGroup) {
  const keeping = decision.grounds.filter(({ weight }) => weight === 'keeps');
  const isOthers = keeping.some(({ ground }) => ground.kind === 'reference' && ground.because === 'mention');
  return { ...group, decision, isOthers };
}
