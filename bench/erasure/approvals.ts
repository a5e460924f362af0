/** People's words on a plan, written straight to the database, and the way of a request to its erasing. */
import type { RequestRef } from '../../domain/runs.ts';
import type { Database } from '../../platform/database.ts';
import { requireErasure } from '../../platform/records/erasure-review.ts';
import { moveRequest } from '../../platform/records/request-progress.ts';

/** As many words as each decision of the present plan needs. `app` is of the role that may write them. */
export function approveAll(app: Database, { workspaceId, requestId }: RequestRef): Promise<void> {
  return app.withTenant(workspaceId, async (trx) => {
    const { id, generation } = await requireErasure(trx, { workspaceId, requestId });
    await trx.raw(
      `INSERT INTO decision_approvals (workspace_id, request_id, decision_id, principal_id, party, verdict, instruction_id,
           instruction_version)
         SELECT d.workspace_id, d.request_id, d.id, p.id, 'controller', 'approve', d.id, 1 FROM decisions d
           CROSS JOIN LATERAL (SELECT id FROM principals WHERE workspace_id = d.workspace_id ORDER BY id
                                LIMIT d.approvals_needed) p
          WHERE d.workspace_id = ? AND d.erasure_id = ? AND d.generation = ?`,
      [workspaceId, id, generation],
    );
  });
}

export function beginErasing(worker: Database, ref: RequestRef): Promise<void> {
  return worker.withTenant(ref.workspaceId, async (trx) => {
    await moveRequest(trx, ref, { to: 'cooling_off' });
    await moveRequest(trx, ref, { to: 'erasing' });
  });
}
