/** Runs searches against a real source and reads back what they found. */
import type { Pool, QueryResult } from 'pg';
import { text } from 'node:stream/consumers';
import copyStreams from 'pg-copy-streams';
import { withSnapshot } from '../../activities/plan-runner.ts';
import type { Snapshot } from '../../activities/plan-runner.ts';
import type { Identity } from '../../domain/identities.ts';
import type { DataMap } from '../../data-map/model.ts';
import { planSearch } from '../../data-map/plan.ts';
import type { Plan, SearchOptions } from '../../data-map/plan.ts';
import { keyColumn, keyTable } from '../../data-map/sql.ts';

/** What `withSource` does: a connection on which something failed is not used again. */
export async function inSnapshot<T>(
  pool: Pool,
  plan: Plan,
  tenant: string,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    const result = await withSnapshot(client, plan, tenant, work);
    failed = false;
    return result;
  } finally {
    client.release(failed);
  }
}

/** `crm.contacts: ['1', '2']`, composite keys joined by a slash; collections without rows are left out. */
export type Found = Record<string, string[]>;

export function find(pool: Pool, map: DataMap, tenant: string, ...identities: readonly Identity[]): Promise<Found> {
  return findBy(pool, map, tenant, identities);
}

export function findBy(
  pool: Pool,
  map: DataMap,
  tenant: string,
  identities: readonly Identity[],
  options: SearchOptions = {},
): Promise<Found> {
  const plan = planSearch(map, 'crm', identities, options);
  return inSnapshot(pool, plan, tenant, async ({ client, counts }) => {
    const found: Found = {};
    for (const collection of plan.collections) {
      const columns = collection.key.map((_, index) => `${keyColumn(index)}::text`);
      const { rows }: QueryResult<{ key: string }> = await client.query(
        `SELECT concat_ws('/', ${columns.join(', ')}) AS key FROM ${keyTable(collection)}`,
      );
      if (rows.length !== counts[collection.ref]) throw new Error(`The count of ${collection.ref} is wrong.`);
      if (rows.length > 0) found[collection.ref] = rows.map(({ key }) => key).sort();
    }
    return found;
  });
}

export async function copied({ client }: Snapshot, query: string): Promise<string> {
  return text(client.query(copyStreams.to(query)));
}
