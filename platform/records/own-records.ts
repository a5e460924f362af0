/**
 * Records of Steward's own that only serve its work, and end when that is long done. What is evidence is not among them, nor
 * what is removed by sweeps of its own: packages with their links, tombstones, objects in the storage.
 */
import type { OwnRecords } from '../../domain/retention/report.ts';
import type { Transaction } from '../database.ts';

/** So long is a call recognised as a repeat, and can it be seen when a run was told of something. */
const KEPT = '90 days';

/** So many in one transaction, which others wait for. The next review removes the next. */
const MOST = 50_000;

/** Of the workspace; answers how many were removed, and how many packages have been since `since`. */
export async function removeOwnRecords(
  trx: Transaction,
  workspaceId: string,
  since: Date | undefined,
): Promise<OwnRecords> {
  const packages = await trx('packages')
    .where({ workspace_id: workspaceId })
    .where('deleted_at', '>', since ?? new Date(0))
    .count<{ count: string }>('* as count')
    .first();
  return {
    packages: Number(packages?.count ?? 0),
    idempotencyKeys: await remove(trx, workspaceId, 'idempotency_keys', 'created_at'),
    messages: await remove(trx, workspaceId, 'outbox', 'sent_at'),
  };
}

async function remove(trx: Transaction, workspaceId: string, table: string, since: string): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `DELETE FROM ?? WHERE workspace_id = ? AND ctid = ANY (ARRAY(
       SELECT ctid FROM ?? WHERE workspace_id = ? AND ?? < now() - interval '${KEPT}' LIMIT ${MOST}))`,
    [table, workspaceId, table, workspaceId, since],
  );
  return rowCount;
}
