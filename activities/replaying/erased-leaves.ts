/** Which rows of a source were erased once, by the keyed hashes of their keys alone. */
import type { ClientBase } from 'pg';
import type { Collection } from '../../data-map/model.ts';
import { leafSql } from '../../data-map/erasing/leaf.ts';
import { keyColumn } from '../../data-map/follow.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { groundsTable } from '../../data-map/erasing/combinations.ts';
import { Binds, column, tableName } from '../../data-map/sql-text.ts';
import type { JournalBlock } from '../../platform/erasure-journal.ts';
import type { LeafPads } from '../../platform/leaf-key.ts';

const LEAVES = 'pg_temp.steward_erased';

/**
 * A table of them for this connection. Those that were only marked as restricted are among them too: with their rows the marks
 * are gone.
 */
export async function loadLeaves(
  client: ClientBase,
  source: string,
  blocks: AsyncIterable<JournalBlock>,
): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${LEAVES}`);
  await client.query(`CREATE TEMP TABLE steward_erased (collection text, action text, leaf bytea)`);
  for await (const { source: from, collection, action, leaves } of blocks) {
    if (from !== source) continue;
    await client.query(
      `INSERT INTO ${LEAVES} SELECT $1, $2, substring($3::bytea FROM 32 * n + 1 FOR 32)
         FROM generate_series(0, length($3::bytea) / 32 - 1) n`,
      [collection, action, leaves],
    );
  }
  await client.query(`ANALYZE ${LEAVES}`);
}

/** What a replay that died has done already: rows that are masked or marked are there afterwards too. */
export async function dropDone(client: ClientBase, erasureId: string): Promise<void> {
  await client.query(
    `DELETE FROM ${LEAVES} e USING (SELECT k.collection, k.action, unnest(k.leaves) AS leaf
         FROM steward.erasure_targets k WHERE k.erasure_id = $1 AND k.block <= (SELECT max(l.last_target)
           FROM steward.erasure_ledger l WHERE l.erasure_id = k.erasure_id AND l.collection = k.collection
            AND l.action = k.action)) d
      WHERE (d.collection, d.action, d.leaf) = (e.collection, e.action, e.leaf)`,
    [erasureId],
  );
}

export interface ErasedRow {
  readonly collection: string;
  readonly key: Readonly<Record<string, string>>;
}

type Keyed = Collection & { readonly tenant: string };

export const isKeyed = (collection: Collection): collection is Keyed =>
  collection.tenant !== undefined && collection.key.length > 0;

/**
 * The rows of the workspace that were erased and are there. It reads the keys of all of the workspace's rows in the collection,
 * for a hash cannot be looked up by.
 */
export async function findErased(
  client: ClientBase,
  collection: Keyed,
  tenantKey: string,
  pads: LeafPads,
  actions: readonly JournalBlock['action'][],
): Promise<readonly ErasedRow[]> {
  const binds = new Binds();
  const keys = collection.key.map((name) => `${column('t', name)}::text`);
  const leaf = leafSql(collection.ref, keys, { inner: binds.add(pads.inner), outer: binds.add(pads.outer) });
  const text = [
    `SELECT ARRAY[${keys.join(', ')}] AS key FROM ${tableName(collection)} t`,
    `WHERE ${column('t', collection.tenant)} = ${binds.add(tenantKey)}`,
    `  AND ${leaf} IN (SELECT leaf FROM ${LEAVES} WHERE collection = ${binds.add(collection.ref)} AND action = ANY (${binds.add([...actions])}::text[]))`,
  ].join('\n');
  const { rows } = await client.query<{ key: string[] }>(text, [...binds.values]);
  return rows.map(({ key }) => ({
    collection: collection.ref,
    key: Object.fromEntries(collection.key.map((name, index) => [name, key[index] ?? ''])),
  }));
}

/** What became of a row that is there again: its present combination of grounds, and what was done to it then. */
export interface ErasedCombination {
  readonly combination: string;
  readonly action: JournalBlock['action'];
  readonly rows: number;
}

export const combinedName = ({ combination, action }: Pick<ErasedCombination, 'combination' | 'action'>): string =>
  `${action}:${combination}`;

/**
 * Leaves of the weighed rows of a collection those that were erased then, in the place of what the weighing has made, each
 * under the name of its combination and of what was done to it.
 */
export async function keepErased(
  client: ClientBase,
  collection: PlannedCollection,
  pads: LeafPads,
): Promise<readonly ErasedCombination[]> {
  const grounds = groundsTable(collection);
  const weighed = `steward_replayed_${collection.position}`;
  await client.query(`ALTER VIEW ${grounds} RENAME TO ${weighed}`);
  const binds = new Binds();
  const texts = collection.key.map((_, index) => `w.${keyColumn(index)}::text`);
  const leaf = leafSql(collection.ref, texts, { inner: binds.add(pads.inner), outer: binds.add(pads.outer) });
  // CREATE TABLE AS takes no parameters.
  await client.query(
    `CREATE TEMP TABLE ${grounds.replace('pg_temp.', '')} ON COMMIT DROP AS
       SELECT w.*, w.combination AS weighed, ''::text AS action FROM pg_temp.${weighed} w WITH NO DATA`,
  );
  await client.query(
    `INSERT INTO ${grounds} SELECT w.*, w.combination, l.action
       FROM pg_temp.${weighed} w JOIN ${LEAVES} l ON l.collection = ${binds.add(collection.ref)} AND l.leaf = ${leaf}`,
    [...binds.values],
  );
  await client.query(`UPDATE ${grounds} SET combination = action || ':' || weighed`);
  const { rows } = await client.query<{ weighed: string; action: JournalBlock['action']; rows: string }>(
    `SELECT weighed, action, count(*) AS rows FROM ${grounds} GROUP BY weighed, action ORDER BY weighed, action`,
  );
  return rows.map((row) => ({ combination: row.weighed, action: row.action, rows: Number(row.rows) }));
}
