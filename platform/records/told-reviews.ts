/** Tells the runs of requests that what their workspace's plans go by has changed, so that each looks at its plan again. */
import type { RequestStatus } from '../../domain/request.ts';
import type { Transaction } from '../database.ts';

/** In which a plan is being made, decided on or carried out. */
const PLANNED: readonly RequestStatus[] = ['planning', 'awaiting_approval', 'cooling_off', 'erasing', 'verifying'];

export async function tellReviews(trx: Transaction, workspaceId: string): Promise<void> {
  await trx.raw(
    `INSERT INTO outbox (workspace_id, request_id, message)
       SELECT workspace_id, id, 'review' FROM requests WHERE workspace_id = ? AND status = ANY (?)`,
    [workspaceId, [...PLANNED]],
  );
}
