/** Erasures that were certified and whose workspace's texts have not been searched since. */
import type { RequestRef } from '../../domain/runs.ts';
import type { Database } from '../database.ts';

export interface UnsearchedErasure extends RequestRef {
  readonly erasureId: string;
}

/** So many people are looked for in one pass over a workspace's tables. */
const BATCH = 100;

export async function listWorkspaceIds(db: Database): Promise<readonly string[]> {
  const rows = await db.withPlatform((trx) => trx('workspaces').orderBy('id').select<{ id: string }[]>('id'));
  return rows.map(({ id }) => id);
}

/** The first of them, in the order certified. */
export async function findUnsearched(db: Database, workspaceId: string): Promise<readonly UnsearchedErasure[]> {
  const rows = await db.withTenant(workspaceId, (trx) =>
    trx('erasures')
      .where({ workspace_id: workspaceId })
      .whereNull('raw_searched_at')
      .whereNotNull('certified_at')
      // One that goes on, of which it was certified that it has failed so far, has no journal yet.
      .whereRaw('(leaf_key_id IS NULL OR journal IS NOT NULL)')
      .orderBy(['certified_at', 'id'])
      .limit(BATCH)
      .select<{ id: string; request_id: string }[]>('id', 'request_id'),
  );
  return rows.map(({ id, request_id: requestId }) => ({ workspaceId, requestId, erasureId: id }));
}
