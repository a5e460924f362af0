/** Puts before a person the rows that may be somebody else's: the request waits while any is undecided. */
import type { RequestRef } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import { moveRequest } from '../platform/records/request-progress.ts';

export interface MatchReviewDeps {
  readonly db: Database;
}

export type MatchReviewActivities = ReturnType<typeof createMatchReviewActivities>;

export function createMatchReviewActivities({ db }: MatchReviewDeps) {
  return {
    /**
     * How many matches wait for a decision; with any, the request waits with them. Throws Conflict when the request has
     * moved on, as by a cancellation.
     */
    async openMatchReview(ref: RequestRef): Promise<{ readonly pending: number }> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const row = await trx('match_records')
          .where({ workspace_id: ref.workspaceId, request_id: ref.requestId, review: 'pending' })
          .count<{ count: string }>('* as count')
          .first();
        const pending = Number(row?.count ?? 0);
        if (pending > 0) await moveRequest(trx, ref, { to: 'reviewing_matches' });
        return { pending };
      });
    },
  };
}
