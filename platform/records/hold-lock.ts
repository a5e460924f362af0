/**
 * What Steward deletes of its own is shut off against holds by a lock of the workspace: whoever deletes shares it, looks at the
 * holds and deletes before the transaction ends; a hold becomes effective once nobody has it. So a hold that a deletion has not
 * seen is not effective before that deletion has ended.
 */
import type { Transaction } from '../database.ts';

const nameOf = (workspaceId: string): string => `holds of ${workspaceId}`;

/** Until the transaction ends. To be taken before the holds are read. */
export async function shutOutHolds(trx: Transaction, workspaceId: string): Promise<void> {
  await trx.raw('SELECT pg_advisory_xact_lock_shared(hashtextextended(?, 0))', [nameOf(workspaceId)]);
}

/** Waits for what is being deleted; whoever waits too long fails, and asks again. */
export async function awaitDeletions(trx: Transaction, workspaceId: string): Promise<void> {
  await trx.raw(`SET LOCAL lock_timeout = '10s'`);
  await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [nameOf(workspaceId)]);
}
