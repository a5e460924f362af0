/** How an erasure ends: carried out, wholly or in part; refused by the controller; or withdrawn before it began. */
import type { ErasureClosed } from '../domain/erasure.ts';
import type { Verification } from '../domain/certificate/format.ts';
import { NotFound } from '../domain/errors.ts';
import type { RequestOutcome, RequestStatus } from '../domain/request.ts';
import type { RequestRef } from '../domain/runs.ts';
import type { Database, Transaction } from '../platform/database.ts';
import { deleteAttachments } from '../platform/records/attachments.ts';
import { currentDecisions, isRejected } from '../platform/records/erasure-review.ts';
import type { ErasureRow } from '../platform/records/erasure-review.ts';
import { moveRequest } from '../platform/records/request-progress.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';

export interface ErasureCloseDeps {
  readonly db: Database;
  readonly storage: ObjectStorage;
}

export type ErasureCloseActivities = ReturnType<typeof createErasureCloseActivities>;

export function createErasureCloseActivities({ db, storage }: ErasureCloseDeps) {
  return {
    /**
     * Answers the request. While records are retained, or were left because the rest of it was refused, or are there against
     * the plan, it is answered in part, and goes on when the first ground ends; what people attached while they searched by
     * hand is gone in any case.
     */
    async closeErasure(ref: RequestRef): Promise<ErasureClosed> {
      await deleteAttachments(storage, ref);
      return db.withTenant(ref.workspaceId, async (trx) => {
        const erasure = await lockOpenErasure(trx, ref);
        if (!erasure) return readAnswer(trx, ref);
        const left = await readLeft(trx, erasure);
        await closeErasureRow(trx, ref, erasure.id, left.firstEnd);
        if (left.rows > 0 || erasure.verification?.result === 'failed')
          return answer(trx, ref, 'partially_completed', 'partially_fulfilled');
        return answer(trx, ref, 'completed', erasure.begun_at === null ? 'no_data' : 'fulfilled');
      });
    },

    /** Closes what the controller refused, on whose word alone a request is refused. */
    async refuseErasure(ref: RequestRef): Promise<ErasureClosed> {
      await deleteAttachments(storage, ref);
      return db.withTenant(ref.workspaceId, async (trx) => {
        const erasure = await lockOpenErasure(trx, ref);
        if (!erasure) return readAnswer(trx, ref);
        await closeErasureRow(trx, ref, erasure.id, null);
        return answer(trx, ref, 'completed', 'refused_by_controller');
      });
    },
  };
}

interface OpenErasure extends ErasureRow {
  readonly begun_at: Date | null;
  readonly verification: Pick<Verification, 'result'> | null;
}

async function lockOpenErasure(trx: Transaction, ref: RequestRef): Promise<OpenErasure | undefined> {
  return trx('erasures')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .whereNull('closed_at')
    .forUpdate()
    .first<OpenErasure | undefined>();
}

/** Other people's records, out of which all that was the person's has been taken: nothing of theirs is left to look at again. */
const IS_OTHERS = `decision = 'pseudonymise' AND EXISTS (
  SELECT FROM jsonb_array_elements(grounds) g WHERE g->>'weight' = 'keeps') AND NOT EXISTS (
  SELECT FROM jsonb_array_elements(grounds) g WHERE g->>'weight' = 'keeps'
     AND coalesce(g->'ground'->>'because', '') NOT IN ('others_record', 'mention'))`;

/** What the last plan found and the erasing has left, and when the first of it is no longer to be retained. */
async function readLeft(
  trx: Transaction,
  erasure: OpenErasure,
): Promise<{ readonly rows: number; readonly firstEnd: Date | null }> {
  const left = currentDecisions(trx, erasure).where('rows', '>', 0).whereRaw(`NOT (${IS_OTHERS})`);
  if (!(await isRejected(trx, erasure))) void left.whereNot({ decision: 'erase' });
  const row = await left.first<{ rows: string; first_end: Date | null }>(
    trx.raw('coalesce(sum(rows), 0) AS rows'),
    trx.raw('min(ends_first) AS first_end'),
  );
  return { rows: Number(row.rows), firstEnd: row.first_end };
}

async function closeErasureRow(trx: Transaction, ref: RequestRef, id: string, reviewAt: Date | null): Promise<void> {
  await trx('erasures')
    .where({ workspace_id: ref.workspaceId, id })
    .update({ closed_at: trx.fn.now(), review_at: reviewAt });
}

async function answer(
  trx: Transaction,
  ref: RequestRef,
  status: ErasureClosed['status'],
  outcome: RequestOutcome,
): Promise<ErasureClosed> {
  await moveRequest(trx, ref, { to: status, outcome });
  return { status, outcome };
}

/** The step was done before and is repeated, because its answer was lost. */
async function readAnswer(trx: Transaction, ref: RequestRef): Promise<ErasureClosed> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<{ status: RequestStatus; outcome: RequestOutcome | null } | undefined>('status', 'outcome');
  if (row?.outcome && (row.status === 'completed' || row.status === 'partially_completed'))
    return { status: row.status, outcome: row.outcome };
  throw new NotFound(`Request ${ref.requestId} has no erasure that is open.`);
}
