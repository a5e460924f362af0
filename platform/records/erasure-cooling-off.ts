/** The time between the approval and the erasing, in which everything can still be taken back. */
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import type { ErasureRow } from './erasure-review.ts';

/**
 * When it ends, by the workspace's setting; undefined when it has none. It counts from the last approval, so that being
 * asked about again by a plan which changed nothing does not begin it anew. What nobody had to approve counts from now.
 */
export async function beginCoolingOff(
  trx: Transaction,
  { workspaceId }: RequestRef,
  { id, generation }: ErasureRow,
): Promise<Date | undefined> {
  const { rows } = await trx.raw<{ rows: { until: Date }[] }>(
    `UPDATE erasures SET cooling_off_until = greatest(cooling_off_until, coalesce(
         (SELECT max(approval.at) FROM decision_approvals approval
            JOIN decisions ON (decisions.workspace_id, decisions.id) = (approval.workspace_id, approval.decision_id)
           WHERE (decisions.workspace_id, decisions.erasure_id) = (erasures.workspace_id, erasures.id)
             AND decisions.generation = ? AND approval.voided_at IS NULL)
           + make_interval(days => cooling_off_days),
         cooling_off_until, now() + make_interval(days => cooling_off_days)))
       FROM workspaces
      WHERE erasures.workspace_id = ? AND erasures.id = ? AND workspaces.id = erasures.workspace_id
        AND workspaces.cooling_off_days > 0
      RETURNING cooling_off_until AS until`,
    [generation, workspaceId, id],
  );
  return rows[0]?.until;
}
