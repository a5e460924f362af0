/** What an erasure waits for before it begins: people's words on it, and the time in which they can be taken back. */
import type { CoolingOff, ErasureReviewState } from '../domain/erasure.ts';
import type { RequestRef } from '../domain/runs.ts';
import type { Database, Transaction } from '../platform/database.ts';
import { removeSamples } from '../platform/records/decision-samples.ts';
import { beginCoolingOff } from '../platform/records/erasure-cooling-off.ts';
import { readReviewState, requireErasure } from '../platform/records/erasure-review.ts';
import { moveRequest } from '../platform/records/request-progress.ts';

export interface ErasureReviewDeps {
  readonly db: Database;
}

export type ErasureReviewActivities = ReturnType<typeof createErasureReviewActivities>;

export function createErasureReviewActivities({ db }: ErasureReviewDeps) {
  return {
    /**
     * How the review stands; while words are awaited, the request waits for them. Throws Conflict when the request has moved
     * on, as by a cancellation.
     */
    async openErasureReview(ref: RequestRef): Promise<ErasureReviewState> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const review = await readReviewState(trx, await requireErasure(trx, ref));
        if (review.state === 'awaited') await moveRequest(trx, ref, { to: 'awaiting_approval' });
        return review;
      });
    },

    /** Throws Conflict when the request has moved on. */
    async beginCoolingOff(ref: RequestRef): Promise<CoolingOff> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const until = await beginCoolingOff(trx, ref, await requireErasure(trx, ref));
        await moveRequest(trx, ref, { to: 'cooling_off' });
        return { until: until?.toISOString() };
      });
    },

    /**
     * Goes on to the erasing when what was approved still stands. The request's row is locked before that is read, so that an
     * override or a cancellation comes either before, and is heeded, or after, and is refused. Throws Conflict when the
     * request has moved on.
     */
    async endCoolingOff(ref: RequestRef): Promise<{ readonly proceed: boolean }> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        // A repeat after an answer that was lost.
        if ((await lockStatus(trx, ref)) === 'erasing') return { proceed: true };
        const { state } = await readReviewState(trx, await requireErasure(trx, ref));
        if (state !== 'approved' || (await isCancelled(trx, ref))) return { proceed: false };
        await moveRequest(trx, ref, { to: 'erasing' });
        await removeSamples(trx, ref);
        return { proceed: true };
      });
    },
  };
}

async function lockStatus(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<string | undefined> {
  const row = await trx('requests')
    .where({ workspace_id: workspaceId, id: requestId })
    .forUpdate()
    .first<{ status: string } | undefined>('status');
  return row?.status;
}

/** Somebody has cancelled, and the run has not been told yet. */
async function isCancelled(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<boolean> {
  const event = await trx('request_events')
    .where({ workspace_id: workspaceId, request_id: requestId, kind: 'cancel_requested' })
    .first('id');
  return event !== undefined;
}
