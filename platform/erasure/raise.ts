/** Raises the fence for a hold, and reads what had been erased by then, in one transaction of the source. */
import type { ClientBase } from 'pg';
import type { ErasedBefore } from '../../domain/holds.ts';
import { raiseFence } from './fence.ts';

export interface RaisedFence {
  readonly epoch: bigint;
  /** Ids of the erasures that are under way for the workspace, or have erased something since the hold was placed. */
  readonly erasuresUnderWay: readonly string[];
  readonly erasedBefore: readonly ErasedBefore[];
}

/** A batch takes seconds; whoever holds the fence for longer is stuck, and the hold is tried again. */
const WAIT = '20s';

/** The source's clock may differ from the one by which the hold was placed. */
const CLOCK_SKEW = '10 minutes';

/**
 * Waits for the batches under way and lets no other begin before it has read the ledger, so that what it answers is all that
 * plans made without the hold had erased: also of erasures that have ended since it was placed.
 */
export async function raiseInSource(client: ClientBase, tenantKey: string, placedAt: Date): Promise<RaisedFence> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await client.query(`SET LOCAL lock_timeout = '${WAIT}'`);
  const epoch = await raiseFence(client, tenantKey);
  const { rows: erasures } = await client.query<{ erasure_id: string }>(
    `SELECT erasure_id FROM steward.erasures e
       WHERE tenant = $1 AND EXISTS (SELECT FROM steward.erasure_targets t WHERE t.erasure_id = e.erasure_id)
     UNION SELECT erasure_id FROM steward.erasure_ledger
       WHERE tenant = $1 AND at >= $2::timestamptz - interval '${CLOCK_SKEW}'
     ORDER BY erasure_id`,
    [tenantKey, placedAt],
  );
  const erasuresUnderWay = erasures.map(({ erasure_id: id }) => id);
  const erasedBefore = await readErased(client, erasuresUnderWay);
  await client.query('COMMIT');
  return { epoch, erasuresUnderWay, erasedBefore };
}

interface ErasedRow {
  readonly erasure_id: string;
  readonly collection: string;
  readonly action: ErasedBefore['action'];
  readonly rows: string;
}

async function readErased(client: ClientBase, erasures: readonly string[]): Promise<readonly ErasedBefore[]> {
  const { rows } = await client.query<ErasedRow>(
    `SELECT erasure_id, collection, action, sum(rows) AS rows FROM steward.erasure_ledger
      WHERE erasure_id = ANY ($1) AND action <> 'restrict'
      GROUP BY erasure_id, collection, action HAVING sum(rows) > 0 ORDER BY erasure_id, collection, action`,
    [erasures],
  );
  return rows.map(({ erasure_id, collection, action, rows: erased }) => ({
    erasureId: erasure_id,
    collection,
    action,
    rows: Number(erased),
  }));
}
