/**
 * The statements that freeze an erasure in its source: the keys of what is to be erased go into `steward.erasure_targets`,
 * some hundred in a row, so that a record costs its place in three arrays instead of a row with an index of its own.
 */
import { keyColumn, onKey } from '../follow.ts';
import type { Collection } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, quoteText, tableName } from '../sql-text.ts';
import { leafSql } from './leaf.ts';

/** What becomes of the rows of a collection that have a combination of grounds; what stays as it is has none. */
export interface DecidedGroup {
  readonly collection: PlannedCollection;
  readonly combination: string;
  readonly fate: 'delete' | 'pseudonymise' | 'restrict';
  readonly keeps: readonly string[];
}

const DECIDED_TABLE = 'pg_temp.steward_decided';
/** Made by the weighing: the key of each row found and its combination of grounds. */
const groundsTable = ({ position }: Pick<PlannedCollection, 'position'>): string =>
  `pg_temp.steward_grounds_${position}`;

/** In the transaction of the weighing, with which the table goes. */
export function writeDecided(groups: readonly DecidedGroup[]): readonly Statement[] {
  const binds = new Binds();
  const rows = groups.map(
    ({ collection, combination, fate, keeps }) =>
      `(${collection.position}, ${binds.add(combination)}::text, ${quoteText(fate)}::text, ${binds.add([...keeps])}::text[])`,
  );
  const create = `CREATE TEMP TABLE ${DECIDED_TABLE} (position integer, combination text, fate text, keeps text[]) ON COMMIT DROP`;
  const purpose = 'writing down decisions';
  return [
    { purpose, text: create, values: [] },
    ...(rows.length > 0
      ? [{ purpose, text: `INSERT INTO ${DECIDED_TABLE} VALUES ${rows.join(', ')}`, values: binds.values }]
      : []),
  ];
}

/** The rows of a collection with what was decided on them, as `f`. */
function decidedRows({ position, key }: PlannedCollection): string {
  const own = [...key.map((_, index) => keyColumn(index)), 'place', 'version'].map((name) => `g.${name}`);
  return [
    `(SELECT ${own.join(', ')}, d.fate, d.keeps FROM ${groundsTable({ position })} g JOIN ${DECIDED_TABLE} d`,
    `  ON d.position = ${position} AND d.combination = g.combination) f`,
  ].join('\n');
}

/** The same, joined to the records, as `t`. */
function decidedRecords(collection: PlannedCollection, tenant: string): string {
  return [
    decidedRows(collection),
    `JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'f')} AND ${column('t', collection.tenant)} = ${tenant}`,
  ].join('\n');
}

/** Few enough that a batch which waits for a lock can be made small, so many that what a block costs does not count. */
const BLOCK_ROWS = 500;

export interface Freezing {
  readonly erasureId: string;
  readonly tenantKey: string;
  readonly generation: number;
  readonly epoch: bigint;
  /** Of the leaves. */
  readonly pads: { readonly inner: Uint8Array; readonly outer: Uint8Array };
}

/** Its row count is 0 when this plan, or a later one, was frozen before. */
export function beginFreezing({ erasureId, tenantKey, generation, epoch }: Freezing): Statement {
  const binds = new Binds();
  const row = [binds.add(erasureId), binds.add(tenantKey), binds.add(generation), binds.add(String(epoch))];
  const text = [
    'INSERT INTO steward.erasures AS e (erasure_id, tenant, generation, epoch)',
    `VALUES (${row.join(', ')})`,
    'ON CONFLICT (erasure_id) DO UPDATE SET generation = excluded.generation, epoch = excluded.epoch,',
    '  frozen_at = clock_timestamp() WHERE e.generation < excluded.generation AND e.tenant = excluded.tenant',
  ].join('\n');
  return { purpose: 'beginning to freeze an erasure', text, values: binds.values };
}

/** What an earlier plan left: blocks that no batch went through. The others stay, for the journal. */
export function dropUntouched({ erasureId }: Pick<Freezing, 'erasureId'>): Statement {
  const text = [
    'DELETE FROM steward.erasure_targets k WHERE k.erasure_id = $1 AND k.block > coalesce((',
    '  SELECT max(l.last_target) FROM steward.erasure_ledger l WHERE l.erasure_id = $1',
    '    AND l.collection = k.collection AND l.action = k.action), 0)',
  ].join('\n');
  return { purpose: 'dropping the targets of an earlier plan', text, values: [erasureId] };
}

/** Its row count is that of the blocks. A row that is marked as restricted already is no target for it. */
export function freeze(collection: PlannedCollection, freezing: Freezing): Statement {
  const binds = new Binds();
  const { ref, key } = collection;
  const erasure = `${binds.add(freezing.erasureId)}::uuid`;
  const pads = { inner: binds.add(freezing.pads.inner), outer: binds.add(freezing.pads.outer) };
  const texts = key.map((_, index) => `f.${keyColumn(index)}::text`);
  const isMarkable = collection.restriction !== undefined;
  const rows = [
    `SELECT f.fate, f.keeps, f.place, f.version, ${leafSql(ref, texts, pads)} AS leaf,`,
    `  ${texts.map((each, index) => `${each} AS ${keyColumn(index)}`).join(', ')},`,
    // In the order of their places: by a batch a page of the table is written once.
    `  (row_number() OVER (PARTITION BY f.fate, f.keeps ORDER BY f.place) - 1) / ${BLOCK_ROWS} AS part`,
    `FROM ${isMarkable ? decidedRecords(collection, binds.add(freezing.tenantKey)) : decidedRows(collection)}`,
    `WHERE f.fate IN ('delete', 'pseudonymise')${orUnmarked(collection)}`,
  ].join('\n');
  const before = `coalesce((SELECT max(l.last_target) FROM steward.erasure_ledger l
     WHERE l.erasure_id = ${erasure} AND l.collection = ${quoteText(ref)} AND l.action = r.fate), 0)`;
  const text = [
    'INSERT INTO steward.erasure_targets (erasure_id, collection, action, block, keeps, keys, places, versions, leaves)',
    `SELECT ${erasure}, ${quoteText(ref)}, r.fate,`,
    `  ${before} + row_number() OVER (PARTITION BY r.fate ORDER BY r.keeps, r.part), r.keeps,`,
    `  ARRAY[${key.map((_, index) => `array_agg(r.${keyColumn(index)})`).join(', ')}], array_agg(r.place), array_agg(r.version), array_agg(r.leaf)`,
    `FROM (${rows}) r GROUP BY r.fate, r.keeps, r.part`,
  ].join('\n');
  return { purpose: `freezing ${ref}`, text, values: binds.values };
}

/** Whatever its type, a mark that is empty, false or absent is none. */
function orUnmarked(collection: PlannedCollection): string {
  if (collection.restriction === undefined) return '';
  const mark = column('t', collection.restriction);
  return ` OR (f.fate = 'restrict' AND (${mark} IS NULL OR ${mark}::text = 'false'))`;
}

/** The objects that rows name which are to go, or to lose that name, for when they have. */
export function freezeObjects(collection: PlannedCollection, freezing: Freezing): readonly Statement[] {
  return collection.media.map((media) => {
    const binds = new Binds();
    const object = column('t', media.column);
    const text = [
      'INSERT INTO steward.erasure_objects (erasure_id, store, object)',
      `SELECT DISTINCT ${binds.add(freezing.erasureId)}::uuid, ${binds.add(media.store)}::text, ${object}::text`,
      `FROM ${decidedRecords(collection, binds.add(freezing.tenantKey))}`,
      `WHERE (f.fate = 'delete' OR (f.fate = 'pseudonymise' AND NOT f.keeps && ARRAY[${quoteText(media.column)}, '*']::text[]))`,
      ` AND ${object}::text <> '' ON CONFLICT DO NOTHING`,
    ].join('\n');
    return { purpose: `freezing the objects of ${collection.ref}`, text, values: binds.values };
  });
}

/** Takes off the list what a row still names, be it one that was left for a new plan or somebody else's. */
export function dropNamedObjects(
  collection: Collection,
  freezing: Pick<Freezing, 'erasureId' | 'tenantKey'>,
): readonly Statement[] {
  const { ref, tenant, media } = collection;
  if (tenant === undefined) return [];
  return media.map(({ column: name, store }) => {
    const binds = new Binds();
    const text = [
      `DELETE FROM steward.erasure_objects o USING ${tableName(collection)} t`,
      `WHERE o.erasure_id = ${binds.add(freezing.erasureId)} AND o.store = ${binds.add(store)}`,
      ` AND ${column('t', tenant)} = ${binds.add(freezing.tenantKey)} AND ${column('t', name)} = o.object`,
    ].join('\n');
    return { purpose: `looking for objects that ${ref} still names`, text, values: binds.values };
  });
}
