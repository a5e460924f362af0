/** A package that the controller wants to see before it goes out. */
import type { ReleaseState, RequestRef } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import { readReleaseState } from '../platform/records/release-review.ts';
import { moveRequest } from '../platform/records/request-progress.ts';

export interface ReleaseReviewDeps {
  readonly db: Database;
}

export type ReleaseReviewActivities = ReturnType<typeof createReleaseReviewActivities>;

export function createReleaseReviewActivities({ db }: ReleaseReviewDeps) {
  return {
    /**
     * What was decided on the package as it is now; while nothing was, the request waits for it. Throws Conflict when the
     * request has moved on, as by a cancellation.
     */
    async openReleaseReview(ref: RequestRef): Promise<ReleaseState> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const state = await readReleaseState(trx, ref);
        if (state.decision === 'awaited') await moveRequest(trx, ref, { to: 'awaiting_release' });
        return state;
      });
    },
  };
}
