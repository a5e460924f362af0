/** Which rows an identity points at directly, before any edge is followed: what says why a row counts as the person's. */
import type { PlannedCollection } from './plan.ts';
import { rowsByIdentity } from './seeds.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column } from './sql-text.ts';

/** Rows of `key`, an object of key columns as JSON; at most `limit`. Undefined when nothing identifies a row here. */
export function matches(collection: PlannedCollection, tenantKey: string, limit: number): Statement | undefined {
  const binds = new Binds();
  const key = collection.key.map((name) => `${binds.add(name)}::text, ${column('t', name)}`).join(', ');
  const found = rowsByIdentity(collection, `jsonb_build_object(${key}) AS key`, tenantKey, binds);
  if (found === undefined) return undefined;
  const text = `SELECT key FROM (${found}) found LIMIT ${binds.add(limit)}::integer`;
  return { purpose: `matching in ${collection.ref}`, text, values: binds.values };
}
