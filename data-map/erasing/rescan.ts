/**
 * What a rescan asks the source after an erasure: whether the records of the targets are gone, or hold no identifier any
 * more. Every statement goes from the targets or from what the search found, so its cost is the person's share alone.
 *
 * Of a block that was gone through, the leaves are those of the records that were erased; a record whose leaf is not among
 * them was changed or gone before, and is no business of this erasure's proof.
 *
 * Sets are compared by EXCEPT and INTERSECT, which hash whatever PostgreSQL thinks of their size: of what comes out of arrays
 * it knows nothing, and a join may become a loop in a loop.
 */
import type { ColumnTypes } from '../column-types.ts';
import { keyColumn } from '../follow.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Predicate } from '../predicates.ts';
import { rowsBy } from '../seeds.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';
import { groundsTable } from './combinations.ts';
import { leafSql } from './leaf.ts';

export interface RescanScope {
  readonly erasureId: string;
  readonly tenantKey: string;
  readonly types: ColumnTypes;
  /** Of the leaves. */
  readonly pads: { readonly inner: Uint8Array; readonly outer: Uint8Array };
}

type OfErasure = Pick<RescanScope, 'erasureId'>;

/**
 * For the rest of the transaction. Targets are looked up one by one by their keys: joined as a whole, PostgreSQL may read
 * all of a large table for a few of them.
 */
export const lookUpByKeys: Statement = {
  purpose: 'preparing to look up records by their keys',
  text: "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)",
  values: [],
};

/** Rows of `collection`, `action`, `keeps` and, as text, of `records` that were changed and of those `untouched`. */
export function countTargets({ erasureId }: OfErasure): Statement {
  const binds = new Binds();
  const passed = `k.block <= coalesce((SELECT max(l.last_target) FROM steward.erasure_ledger l WHERE l.erasure_id = k.erasure_id
  AND l.collection = k.collection AND l.action = k.action), 0)`;
  const text = `SELECT collection, action, keeps, coalesce(sum(cardinality(leaves)) FILTER (WHERE passed), 0)::text AS records,
  coalesce(sum(cardinality(versions)) FILTER (WHERE NOT passed), 0)::text AS untouched
FROM (SELECT k.*, ${passed} AS passed FROM steward.erasure_targets k WHERE k.erasure_id = ${binds.add(erasureId)}) k
GROUP BY collection, action, keeps ORDER BY collection, action, keeps`;
  return { purpose: 'counting the targets', text, values: binds.values };
}

/**
 * Rows of `collection`, `action` and `records`: those that the batches of the ledger have changed, but for what earlier plans
 * have, whose targets are in the journal by now.
 */
export function countLedger({ erasureId }: OfErasure): Statement {
  const binds = new Binds();
  const text = `SELECT collection, action, sum(rows)::text AS records FROM steward.erasure_ledger l
WHERE erasure_id = ${binds.add(erasureId)}
  AND generation > coalesce((SELECT cleared FROM steward.erasures e WHERE e.erasure_id = l.erasure_id), 0) GROUP BY collection, action ORDER BY collection, action`;
  return { purpose: 'counting what the ledger has', text, values: binds.values };
}

/** `found`: how many records of a collection are there although they were deleted. */
export function countStillThere(collection: PlannedCollection, scope: RescanScope): Statement {
  const binds = new Binds();
  const keys = collection.key.map((name, index) => {
    const type = scope.types(collection, name);
    return `${column('t', name)} = u.${keyColumn(index)}${type === undefined ? '' : `::${type.base}`}`;
  });
  const text = `SELECT count(*)::text AS found FROM (${erasedKeys(collection, 'delete', scope, binds)}) u
JOIN ${tableName(collection)} t ON ${keys.join(' AND ')} AND ${column('t', collection.tenant)} = ${binds.add(scope.tenantKey)}`;
  return { purpose: `looking for erased records of ${collection.ref}`, text, values: binds.values };
}

/** `found`: how many pseudonymised records have an identifier outside the columns kept; undefined when none is looked for. */
export function countNotReduced(
  collection: PlannedCollection,
  keeps: readonly string[],
  scope: RescanScope,
): Statement | undefined {
  const binds = new Binds();
  const select = collection.key.map((name, index) => `${column('t', name)}::text AS ${keyColumn(index)}`).join(', ');
  const rows = rowsBy(identifiersOutside(collection, keeps), collection, select, scope.tenantKey, binds);
  if (rows === undefined) return undefined;
  const reduced = erasedKeys(collection, 'pseudonymise', scope, binds, keeps);
  const text = `SELECT count(*)::text AS found FROM ((${rows}) INTERSECT (${reduced})) f`;
  return { purpose: `looking for identifiers in reduced records of ${collection.ref}`, text, values: binds.values };
}

/** `found`: how many of the records that the search found have one of the combinations, and were not reduced. */
export function countUnreduced(
  collection: PlannedCollection,
  combinations: readonly string[],
  scope: RescanScope,
): Statement {
  const binds = new Binds();
  const reduced = erasedKeys(collection, 'pseudonymise', scope, binds);
  const keys = collection.key.map((_, index) => `f.${keyColumn(index)}::text`).join(', ');
  const rows = `SELECT ${keys} FROM ${groundsTable(collection)} f
WHERE f.combination = ANY (${binds.add(combinations)}::text[])`;
  const text = `SELECT count(*)::text AS found FROM ((${rows}) EXCEPT (${reduced})) f`;
  return { purpose: `looking for records of ${collection.ref} that were not reduced`, text, values: binds.values };
}

/** Rows of `key`, an array of text: those of the keys given whose rows have one of the combinations. */
export function keysWith(
  collection: PlannedCollection,
  combinations: readonly string[],
  keys: readonly (readonly string[])[],
): Statement {
  const binds = new Binds();
  const names = collection.key.map((_, index) => keyColumn(index));
  const lists = names.map((_, index) => `${binds.add(keys.map((key) => key[index] ?? ''))}::text[]`);
  const same = names.map((name) => `f.${name}::text = h.${name}`).join(' AND ');
  const text = `SELECT DISTINCT ARRAY[${names.map((name) => `h.${name}`).join(', ')}] AS key
FROM unnest(${lists.join(', ')}) h(${names.join(', ')}) JOIN ${groundsTable(collection)} f ON ${same}
WHERE f.combination = ANY (${binds.add(combinations)}::text[])`;
  return { purpose: `looking at what is retained of ${collection.ref}`, text, values: binds.values };
}

/** The keys of the records that were changed, as text: `k0`, `k1`, … */
function erasedKeys(
  collection: PlannedCollection,
  action: 'delete' | 'pseudonymise',
  { erasureId, pads }: RescanScope,
  binds: Binds,
  keeps?: readonly string[],
): string {
  const names = collection.key.map((_, index) => keyColumn(index));
  const lines = names.map((_, index) => `k.keys[${index + 1}:${index + 1}]`);
  const leaf = leafSql(
    collection.ref,
    names.map((name) => `u.${name}`),
    { inner: binds.add(pads.inner), outer: binds.add(pads.outer) },
  );
  return `SELECT ${names.map((name) => `u.${name}`).join(', ')} FROM steward.erasure_targets k
CROSS JOIN LATERAL unnest(${lines.join(', ')}) u(${names.join(', ')})
WHERE k.erasure_id = ${binds.add(erasureId)} AND k.collection = ${binds.add(collection.ref)} AND k.action = ${binds.add(action)}
  ${keeps === undefined ? '' : `AND k.keeps = ${binds.add(keeps)}::text[]`}
  AND (cardinality(k.leaves) = cardinality(k.versions) OR ${leaf} = ANY (k.leaves))`;
}

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
