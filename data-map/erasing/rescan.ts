/**
 * What a rescan asks the source after an erasure: whether the records of the targets are gone, or hold no identifier any
 * more. Every statement goes from the targets or from what the search found, so its cost is the person's share alone.
 */
import type { ColumnTypes } from '../column-types.ts';
import { keyColumn } from '../follow.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Predicate } from '../predicates.ts';
import { rowsBy } from '../seeds.ts';
import { keyTable } from '../sql.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';

export interface RescanScope {
  readonly erasureId: string;
  readonly tenantKey: string;
  readonly types: ColumnTypes;
}

/**
 * For the rest of the transaction. Targets are looked up one by one by their keys: joined as a whole, PostgreSQL may read
 * all of a large table for a few of them.
 */
export const lookUpByKeys: Statement = {
  purpose: 'preparing to look up records by their keys',
  text: "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
  values: [],
};

/** Rows of `collection`, `action`, `keeps` and `targets`, the last as text. */
export function countTargets({ erasureId }: Pick<RescanScope, 'erasureId'>): Statement {
  const binds = new Binds();
  const text = `SELECT collection, action, keeps, count(*)::text AS targets FROM steward.erasure_targets
WHERE erasure_id = ${binds.add(erasureId)} GROUP BY collection, action, keeps ORDER BY collection, action, keeps`;
  return { purpose: 'counting the targets', text, values: binds.values };
}

/** Rows of `collection`, `action` and `passed`: the targets that the batches of the ledger went through. */
export function countPassed({ erasureId }: Pick<RescanScope, 'erasureId'>): Statement {
  const binds = new Binds();
  const text = `SELECT collection, action, sum(rows + gone)::text AS passed FROM steward.erasure_ledger
WHERE erasure_id = ${binds.add(erasureId)} GROUP BY collection, action`;
  return { purpose: 'counting what the ledger has', text, values: binds.values };
}

/** `found`: how many records of a collection are there although they were to be deleted. */
export function countStillThere(
  collection: PlannedCollection,
  { erasureId, tenantKey, types }: RescanScope,
): Statement {
  const binds = new Binds();
  const keys = collection.key.map((name, index) => {
    const type = types(collection, name);
    return `${column('t', name)} = (g.key[${index + 1}])${type === undefined ? '' : `::${type.base}`}`;
  });
  const text = `SELECT count(*)::text AS found FROM steward.erasure_targets g
JOIN ${tableName(collection)} t ON ${keys.join(' AND ')} AND ${column('t', collection.tenant)} = ${binds.add(tenantKey)}
WHERE g.erasure_id = ${binds.add(erasureId)} AND g.collection = ${binds.add(collection.ref)} AND g.action = 'delete'`;
  return { purpose: `looking for erased records of ${collection.ref}`, text, values: binds.values };
}

/** `found`: how many pseudonymised records have an identifier outside the columns kept; undefined when none is looked for. */
export function countNotReduced(
  collection: PlannedCollection,
  keeps: readonly string[],
  { erasureId, tenantKey }: RescanScope,
): Statement | undefined {
  const binds = new Binds();
  const select = collection.key.map((name, index) => `${column('t', name)} AS ${keyColumn(index)}`).join(', ');
  const rows = rowsBy(identifiersOutside(collection, keeps), collection, select, tenantKey, binds);
  if (rows === undefined) return undefined;
  const text = `SELECT count(*)::text AS found FROM (${rows}) f JOIN steward.erasure_targets g ON g.key = ${keyArray('f', collection)}
WHERE g.erasure_id = ${binds.add(erasureId)} AND g.collection = ${binds.add(collection.ref)}
  AND g.action = 'pseudonymise' AND g.keeps = ${binds.add(keeps)}::text[]`;
  return { purpose: `looking for identifiers in reduced records of ${collection.ref}`, text, values: binds.values };
}

/** `found`: how many of the records that the search found, and that are to be reduced, are no target that was. */
export function countUnreduced(
  collection: PlannedCollection,
  combinations: readonly string[],
  { erasureId }: Pick<RescanScope, 'erasureId'>,
): Statement {
  const binds = new Binds();
  const grounds = groundsTable(collection);
  const text = `SELECT count(*)::text AS found FROM ${grounds} k WHERE k.combination = ANY (${binds.add(combinations)}::text[])
  AND NOT EXISTS (SELECT FROM steward.erasure_targets g WHERE g.erasure_id = ${binds.add(erasureId)}
    AND g.collection = ${binds.add(collection.ref)} AND g.action = 'pseudonymise' AND g.key = ${keyArray('k', collection)})`;
  return { purpose: `looking for records of ${collection.ref} that were not reduced`, text, values: binds.values };
}

/** Beside the key table: the combination of grounds of each row found. */
const groundsTable = (collection: PlannedCollection): string =>
  keyTable(collection).replace('steward_keys_', 'steward_grounds_');

const keyArray = (alias: string, { key }: PlannedCollection): string =>
  `ARRAY[${key.map((_, index) => `${alias}.${keyColumn(index)}::text`).join(', ')}]`;

/** A page of the objects that were to be removed, behind the one given. */
export function pageOfObjects(
  erasureId: string,
  after: readonly [store: string, object: string],
  size: number,
): Statement {
  const binds = new Binds();
  const [store, object] = after;
  const text = `SELECT store, object FROM steward.erasure_objects WHERE erasure_id = ${binds.add(erasureId)}
  AND (store, object) > (${binds.add(store)}, ${binds.add(object)}) ORDER BY store, object LIMIT ${binds.add(size)}`;
  return { purpose: 'reading the objects', text, values: binds.values };
}

/** The identifiers that a collection is searched by, one by one, but for those in columns that stay. */
function identifiersOutside({ seeds, mentions }: PlannedCollection, keeps: readonly string[]): readonly Predicate[] {
  const singly = [...seeds, ...mentions].flatMap(each);
  return singly.filter((predicate) => 'at' in predicate && !keeps.includes(predicate.at.column));
}

function each(predicate: Predicate): readonly Predicate[] {
  if (predicate.kind === 'all') return predicate.of.flatMap((some) => some.flatMap(each));
  return predicate.kind === 'keys' ? [] : [predicate];
}

/** The columns in which a collection is searched for identifiers. */
export function searchedColumns({ seeds, mentions }: PlannedCollection): ReadonlySet<string> {
  const found = [...seeds, ...mentions].flatMap(each).flatMap((one) => ('at' in one ? [one.at] : []));
  return new Set(found.map(({ column: name, path }) => [name, ...path].join('.')));
}
