/** A review of what is to be erased: how it stands, for those who decide and for the run of the request. */
import type { Knex } from 'knex';
import type { ErasureReviewState } from '../../domain/erasure.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { RequestStatus } from '../../domain/request.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { countOf } from './paging.ts';
import { lockRequest } from './requests.ts';
import type { RequestRow } from './requests.ts';

export interface ErasureRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly request_id: string;
  readonly generation: number;
  readonly map_version: string | null;
  readonly schedule_version: string | null;
  readonly planned_at: Date | null;
  /** In which records may be written down to be erased. */
  readonly sources: readonly string[];
  readonly cooling_off_until: Date | null;
}

export interface LockedReview {
  readonly request: RequestRow;
  readonly erasure: ErasureRow;
}

/** The newest review of a request. Throws NotFound while it has none. */
export async function requireErasure(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<ErasureRow> {
  const row = await trx('erasures')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy('ordinal', 'desc')
    .first<ErasureRow | undefined>();
  if (!row) throw new NotFound(`Request ${requestId} has no review of what is to be erased.`);
  return row;
}

/**
 * Locks a request whose review can be decided on. The run moves the request before it plans, so that nothing which is
 * decided here can fall between a plan and what it goes by. Throws NotFound and Conflict.
 */
export async function lockErasureReview(
  trx: Transaction,
  caller: Caller,
  requestId: string,
  statuses: readonly RequestStatus[],
): Promise<LockedReview> {
  const request = await lockRequest(trx, caller, requestId);
  if (request.status === 'planning') throw new Conflict('It is being planned; look at it when that is done.');
  if (!statuses.includes(request.status))
    throw new Conflict(`The request is ${request.status}: its review cannot be decided on.`);
  return { request, erasure: await requireErasure(trx, { workspaceId: caller.workspaceId, requestId }) };
}

/** What the present plan found. What an older one alone had found is no longer there. */
export function currentDecisions(trx: Transaction, { workspace_id, id, generation }: ErasureRow): Knex.QueryBuilder {
  return trx('decisions').where({
    'decisions.workspace_id': workspace_id,
    'decisions.erasure_id': id,
    'decisions.generation': generation,
  });
}

const APPROVALS = `(SELECT count(*) FROM decision_approvals approval
  WHERE (approval.workspace_id, approval.decision_id) = (decisions.workspace_id, decisions.id)
    AND approval.verdict = 'approve' AND approval.voided_at IS NULL)`;

/** A condition on decisions: people have yet to approve it. */
export const IS_PENDING = `decisions.approvals_needed > ${APPROVALS}`;

export function pendingDecisions(trx: Transaction, erasure: ErasureRow): Knex.QueryBuilder {
  return currentDecisions(trx, erasure).whereRaw(IS_PENDING);
}

export async function readReviewState(trx: Transaction, erasure: ErasureRow): Promise<ErasureReviewState> {
  const pending = await countOf(pendingDecisions(trx, erasure));
  if (await isStale(trx, erasure)) return { state: 'stale', pending };
  if (await isRejected(trx, erasure)) return { state: 'rejected', pending };
  return { state: pending === 0 ? 'approved' : 'awaited', pending };
}

export async function isRejected(trx: Transaction, erasure: ErasureRow): Promise<boolean> {
  const rejected = await currentDecisions(trx, erasure)
    .whereExists(
      trx('decision_approvals as approval')
        .whereRaw('(approval.workspace_id, approval.decision_id) = (decisions.workspace_id, decisions.id)')
        .where({ 'approval.verdict': 'reject' })
        .whereNull('approval.voided_at'),
    )
    .first('decisions.id');
  return rejected !== undefined;
}

/**
 * Whether something that the plan went by has changed since: a hold of the workspace, an override of the request, the
 * schedule, or whose laws hold for the workspace. The comparison is the database's, for its times are finer than ours. It only spares people work on what is out
 * of date; what must not happen in between, the fence in the source prevents.
 */
async function isStale(trx: Transaction, { workspace_id, id }: ErasureRow): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: { stale: boolean }[] }>(
    `SELECT erasure.planned_at IS NULL
         OR EXISTS (SELECT FROM holds WHERE holds.workspace_id = erasure.workspace_id
              AND greatest(created_at, effective_at, released_at) > erasure.planned_at)
         OR EXISTS (SELECT FROM erasure_overrides override
              JOIN erasures own ON (own.workspace_id, own.id) = (override.workspace_id, override.erasure_id)
             WHERE (own.workspace_id, own.request_id) = (erasure.workspace_id, erasure.request_id)
               AND greatest(override.created_at, override.withdrawn_at) > erasure.planned_at)
         OR NOT EXISTS (SELECT FROM retention_schedules
             WHERE retired_at IS NULL AND version = erasure.schedule_version)
         OR EXISTS (SELECT FROM workspaces
             WHERE workspaces.id = erasure.workspace_id AND workspaces.jurisdictions <> erasure.jurisdictions) AS stale
       FROM erasures erasure WHERE erasure.workspace_id = ? AND erasure.id = ?`,
    [workspace_id, id],
  );
  return rows[0]?.stale ?? true;
}
