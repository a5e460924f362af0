/** A package that the controller wants to see before it goes out. */
import type { ReleaseState, RequestRef } from '../domain/runs.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database.ts';
import { readReleaseState } from '../platform/records/release-review.ts';
import { moveRequest } from '../platform/records/request-progress.ts';

export interface ReleaseReviewDeps {
  readonly db: Database;
  readonly packages: Pick<Config['packages'], 'keepDays'>;
}

const DAY_MS = 86_400_000;

export type ReleaseReviewActivities = ReturnType<typeof createReleaseReviewActivities>;

export function createReleaseReviewActivities({ db, packages }: ReleaseReviewDeps) {
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

    /** Moves on to the delivery of a package that was released; the time for which it is kept begins now. */
    async beginRelease(ref: RequestRef): Promise<void> {
      await db.withTenant(ref.workspaceId, async (trx) => {
        await moveRequest(trx, ref, { to: 'delivering' });
        await trx('packages')
          .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, status: 'ready' })
          .update({ expires_at: new Date(Date.now() + packages.keepDays * DAY_MS) });
      });
    },
  };
}
