/** Requests that were answered in part go on by themselves: when the first ground of what was retained ends, or a hold is released. */
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';
import { leaveMessage } from '../outbox.ts';
import { recordEvent } from './request-progress.ts';

/** So many messages are left in one transaction. */
const BATCH = 100;

/**
 * Leaves the message to go on with each request of the workspace whose time has come, once for each answer; answers with how
 * many. None, and there are no more.
 */
export async function continueDue(trx: Transaction, workspaceId: string): Promise<number> {
  const { rows } = await trx.raw<{ rows: { request_id: string; ordinal: number }[] }>(
    `UPDATE erasures SET continued_at = now()
       FROM (SELECT due.id FROM erasures due
               JOIN requests ON (requests.workspace_id, requests.id) = (due.workspace_id, due.request_id)
              WHERE due.workspace_id = ? AND due.review_at <= now() AND due.continued_at IS NULL
                AND due.closed_at IS NOT NULL AND requests.status = 'partially_completed'
                AND NOT EXISTS (SELECT FROM erasures later
                      WHERE (later.workspace_id, later.request_id) = (due.workspace_id, due.request_id)
                        AND later.ordinal > due.ordinal)
              ORDER BY due.review_at, due.id LIMIT ${BATCH} FOR UPDATE OF due SKIP LOCKED) found
      WHERE erasures.workspace_id = ? AND erasures.id = found.id
      RETURNING erasures.request_id, erasures.ordinal`,
    [workspaceId, workspaceId],
  );
  for (const { request_id: requestId, ordinal } of rows) {
    const ref = { workspaceId, requestId };
    await leaveMessage(trx, ref, 'continue');
    await recordEvent(trx, ref, { kind: 'continued', dedupe: `continued-${ordinal}`, details: { continues: ordinal } });
  }
  for (const { request_id: id, ordinal } of rows)
    await appendAudit(trx, workspaceId, {
      actor: STEWARD_ITSELF,
      action: 'request.continued',
      subject: { kind: 'request', id },
      details: { continues: ordinal },
    });
  return rows.length;
}
