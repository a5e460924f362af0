/** Who asked for a retention review out of turn. */
import type { Principal } from '../../domain/parties.ts';
import { PLATFORM_CHAIN, appendAudit } from '../audit.ts';
import type { Database } from '../database.ts';

/** In the audit log of the workspace, or, of the review of all of them, in the platform's. */
export async function recordReviewAsked(
  db: Database,
  actor: Principal,
  workspaceId: string | undefined,
): Promise<void> {
  const subject =
    workspaceId === undefined ? { kind: 'schedule', id: 'retention-review' } : { kind: 'workspace', id: workspaceId };
  const event = { actor, action: 'retention.review_asked', subject };
  if (workspaceId === undefined) await db.withPlatform((trx) => appendAudit(trx, PLATFORM_CHAIN, event));
  else await db.withTenant(workspaceId, (trx) => appendAudit(trx, workspaceId, event));
}
