/** Runs searches against a real source and reads back what they found. */
import type { Pool } from 'pg';
import { text } from 'node:stream/consumers';
import { withSnapshot, withSnapshots } from '../../activities/plan-runner.ts';
import type { Snapshot } from '../../activities/plan-runner.ts';
import type { Identity } from '../../domain/identities.ts';
import type { DataMap } from '../../data-map/model.ts';
import { planAcross, planSearch } from '../../data-map/plan.ts';
import type { Reading } from '../../data-map/copy.ts';
import type { Sources } from '../../platform/sources.ts';
import { column } from '../../data-map/sql-text.ts';
import type { CarrierName } from '../../platform/sources.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { SearchOptions } from '../../data-map/search-options.ts';

/** What `withSource` does: a connection on which something failed is not used again. */
export async function inSnapshot<T>(
  pool: Pool,
  plan: Plan,
  tenant: string,
  work: (snapshot: Snapshot) => Promise<T>,
  carrier: CarrierName = 'temp_tables',
): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    const result = await withSnapshot(client, plan, tenant, work, carrier);
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
  return inSnapshot(pool, planSearch(map, 'crm', identities, options), tenant, foundIn);
}

/** In every source that has a tenant key. */
export function findAcross(
  sources: Sources,
  map: DataMap,
  tenantKeys: ReadonlyMap<string, string>,
  ...identities: readonly Identity[]
): Promise<Found> {
  const plan = planAcross(map, [...tenantKeys.keys()], identities);
  return withSnapshots(sources, { plan, tenantKeys }, async (snapshots) => {
    const found: Found = {};
    for (const snapshot of snapshots) Object.assign(found, await foundIn(snapshot));
    return found;
  });
}

/** The keys of the rows that a snapshot has, read as rows are. */
export async function foundIn(snapshot: Snapshot): Promise<Found> {
  const found: Found = {};
  for (const collection of snapshot.plan.collections) {
    const keys = collection.key.map((name) => `${column('t', name)}::text`);
    const value = `concat_ws('/', ${keys.join(', ')})`;
    const lines = (await copied(snapshot, collection, { columns: [{ name: 'key', value }] })).split('\n');
    const rows = lines.slice(0, -1).map((line): { key: string } => JSON.parse(line));
    if (rows.length !== snapshot.counts[collection.ref]) throw new Error(`The count of ${collection.ref} is wrong.`);
    if (rows.length > 0) found[collection.ref] = rows.map(({ key }) => key).sort();
  }
  return found;
}

export async function copied(snapshot: Snapshot, collection: PlannedCollection, reading: Reading): Promise<string> {
  return text(snapshot.read(collection, reading));
}
