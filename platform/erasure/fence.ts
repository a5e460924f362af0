/**
 * The fence of a workspace in a source (design rule 3). Whoever erases reads the epoch first, then the holds, then plans;
 * whoever places a hold writes it down first, then raises the epoch. So a hold that a plan has not seen has raised, or will
 * raise, the epoch after the plan read it, and every batch of that plan is turned back.
 */
import type { ClientBase } from 'pg';
import { FenceRaised } from '../../domain/errors.ts';

/** The epoch to plan under. To be read before the holds are. */
export async function readEpoch(client: ClientBase, tenantKey: string): Promise<bigint> {
  // Made here, so that an erasing transaction always has a row to lock.
  await client.query('INSERT INTO steward.fence (tenant) VALUES ($1) ON CONFLICT DO NOTHING', [tenantKey]);
  const { rows } = await client.query<{ epoch: string }>('SELECT epoch FROM steward.fence WHERE tenant = $1', [
    tenantKey,
  ]);
  return BigInt(rows[0]?.epoch ?? 0);
}

/**
 * Turns back every batch planned before. Waits for the batches under way, which then have committed, or have not: the
 * ledger says which. Answers the new epoch.
 */
export async function raiseFence(client: ClientBase, tenantKey: string): Promise<bigint> {
  const { rows } = await client.query<{ epoch: string }>(
    `INSERT INTO steward.fence AS f (tenant, epoch) VALUES ($1, 1)
       ON CONFLICT (tenant) DO UPDATE SET epoch = f.epoch + 1 RETURNING epoch`,
    [tenantKey],
  );
  return BigInt(rows[0]?.epoch ?? 0);
}

/**
 * The first statement of an erasing transaction, which must be READ COMMITTED: under REPEATABLE READ the check would see
 * the epoch from before its wait for the lock. Throws FenceRaised when the plan is no longer to be carried out.
 */
export async function passFence(client: ClientBase, tenantKey: string, epoch: bigint): Promise<void> {
  const { rows } = await client.query<{ epoch: string; isolation: string }>(
    `SELECT epoch, current_setting('transaction_isolation') AS isolation
       FROM steward.fence WHERE tenant = $1 FOR SHARE`,
    [tenantKey],
  );
  const [row] = rows;
  if (row?.isolation !== 'read committed') throw new TypeError('An erasing transaction must be READ COMMITTED.');
  if (BigInt(row.epoch) !== epoch) throw new FenceRaised('A hold was placed since this erasure was planned.');
}
