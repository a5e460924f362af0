/** Carries an approved erasure out: records first, then the objects that they named, then its journal. */
import type { Erased, ErasedMedia } from '../domain/erasure.ts';
import type { RequestRef } from '../domain/runs.ts';
import { requireErasure } from '../platform/records/erasure-review.ts';
import { eraseRecords } from './erasing/carry-out.ts';
import type { Prepare } from './erasing/carry-out.ts';
import { endErasure, eraseMedia } from './erasing/conclude.ts';
import type { ConcludeDeps } from './erasing/conclude.ts';
import { prepareWeighing } from './erasing/prepare.ts';
import { currentControl } from './packaging/control.ts';

export type EraseRecordsActivities = ReturnType<typeof createEraseRecordsActivities>;

export function createEraseRecordsActivities(deps: ConcludeDeps) {
  return {
    eraseRecords: (ref: RequestRef): Promise<Erased> => eraseRecords(deps, ref, currentControl(), preparing(deps, ref)),
    eraseMedia: (ref: RequestRef): Promise<ErasedMedia> => eraseMedia(deps, ref, currentControl()),
    endErasure: (ref: RequestRef): Promise<void> => endErasure(deps, ref, currentControl()),
  };
}

function preparing(deps: ConcludeDeps, ref: RequestRef): Prepare {
  return async () => {
    const { id } = await deps.db.withTenant(ref.workspaceId, (trx) => requireErasure(trx, ref));
    return prepareWeighing(deps, ref, id);
  };
}
