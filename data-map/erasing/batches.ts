/**
 * One batch of an erasure as SQL: some blocks of targets are gone through, and the ledger gets its row, by one statement. A
 * target whose row has another `xmin` by now was changed since it was looked at, and is left for a new plan.
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { columnOf, tableOf } from '../catalogue/model.ts';
import { keyColumn } from '../follow.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, quoteName, quoteText, tableName } from '../sql-text.ts';
import type { Inbound } from './inbound.ts';
import { refers, tableOfEnd } from './inbound.ts';

/** The values that the ledger admits. */
export type TargetAction = 'delete' | 'pseudonymise' | 'restrict';

/** A collection as a batch writes it. */
export interface TargetTable {
  readonly collection: PlannedCollection;
  /** As SQL writes them, of the key's columns. */
  readonly keyTypes: readonly string[];
}

/** Blocks of a collection and action, both included. */
export interface Batch {
  readonly erasureId: string;
  readonly tenantKey: string;
  readonly generation: number;
  readonly epoch: bigint;
  /** Of the batch in the ledger. */
  readonly sequence: number;
  readonly first: number;
  readonly last: number;
  /** Rows of others that were detached by the same transaction. */
  readonly detached: number;
}

export function targetTable(catalogue: Catalogue, collection: PlannedCollection): TargetTable {
  const table = tableOf(catalogue, collection);
  return { collection, keyTypes: collection.key.map((name) => columnOf(table, name)?.type ?? 'text') };
}

/** Deletes, and answers one row of `rows`, `gone` and `changed`, as text. */
export function deleteBatch(table: TargetTable, batch: Batch): Statement {
  const name = tableName(table.collection);
  return writeBatch(
    'delete',
    table,
    batch,
    (tenant) => `DELETE FROM ${name} t USING batch b WHERE ${isTarget(table, tenant)}`,
  );
}

/**
 * Updates by assignments over the alias `t`, such as `"email" = NULL`; answers the same. Without any, the rows get a new
 * version as they are, so that the ledger counts them.
 */
export function updateBatch(
  action: 'pseudonymise' | 'restrict',
  table: TargetTable,
  batch: Batch,
  assign: (binds: Binds) => readonly string[],
): Statement {
  return writeBatch(action, table, batch, (tenant, binds) => {
    const assigned = assign(binds);
    const same = quoteName(table.collection.tenant);
    const set = assigned.length > 0 ? assigned.join(', ') : `${same} = t.${same}`;
    return `UPDATE ${tableName(table.collection)} t SET ${set} FROM batch b WHERE ${isTarget(table, tenant)}`;
  });
}

type Write = (tenant: string, binds: Binds) => string;

/**
 * EXCEPT hashes whatever PostgreSQL thinks of the number of rows, of which it knows nothing here: an anti-join of the two
 * would be a loop in a loop. What was missed is looked at row by row, for it is little or nothing.
 */
function writeBatch(action: TargetAction, table: TargetTable, batch: Batch, writing: Write): Statement {
  const { collection } = table;
  const binds = new Binds();
  const at = blocksOf(action, collection, batch, binds);
  const tenant = binds.add(batch.tenantKey);
  const write = writing(tenant, binds);
  const ledger = [
    `${at.erasure}, ${binds.add(batch.tenantKey)}, ${quoteText(collection.ref)}, ${quoteText(action)}`,
    `${binds.add(batch.generation)}::integer, ${binds.add(batch.sequence)}::integer, ${at.first}, ${at.last}`,
    `d.rows, m.gone, m.changed, ${binds.add(batch.detached)}::bigint, d.digest, ${binds.add(String(batch.epoch))}::bigint`,
  ].join(', ');
  const text = [
    `WITH batch AS MATERIALIZED (${readBlocks(collection, at)}),`,
    `done AS (${write} RETURNING b.block, b.n, b.leaf),`,
    'missed AS MATERIALIZED (SELECT block, n FROM batch EXCEPT SELECT block, n FROM done),',
    `mended AS (UPDATE steward.erasure_targets k SET leaves = coalesce(`,
    `   (SELECT array_agg(d.leaf ORDER BY d.n) FROM done d WHERE d.block = k.block), '{}')`,
    `  WHERE ${at.condition} AND k.block IN (SELECT block FROM missed))`,
    'INSERT INTO steward.erasure_ledger AS l (erasure_id, tenant, collection, action, generation, sequence, first_target,',
    '  last_target, rows, gone, changed, detached, keys_digest, epoch)',
    `SELECT ${ledger} FROM (`,
    `  SELECT count(*) AS rows, sha256(coalesce(string_agg(leaf, ''::bytea ORDER BY block, n), ''::bytea)) AS digest FROM done) d,`,
    '  (SELECT count(*) FILTER (WHERE NOT is_there) AS gone, count(*) FILTER (WHERE is_there) AS changed FROM (',
    `    SELECT EXISTS (SELECT FROM ${tableName(collection)} t WHERE ${onTarget(table, tenant)}) AS is_there`,
    '      FROM batch b WHERE (b.block, b.n) IN (SELECT block, n FROM missed)) looked) m',
    'RETURNING l.rows::text, l.gone::text, l.changed::text',
  ].join('\n');
  return { purpose: `${PURPOSES[action]} ${collection.ref}`, text, values: binds.values };
}

const PURPOSES = {
  delete: 'deleting rows of',
  pseudonymise: 'pseudonymising rows of',
  restrict: 'restricting rows of',
};

interface Blocks {
  readonly erasure: string;
  readonly first: string;
  readonly last: string;
  /** Over the alias `k`. */
  readonly condition: string;
}

type Range = Pick<Batch, 'erasureId' | 'first' | 'last'>;

function blocksOf(action: TargetAction, { ref }: PlannedCollection, range: Range, binds: Binds): Blocks {
  const erasure = `${binds.add(range.erasureId)}::uuid`;
  const [first, last] = [`${binds.add(range.first)}::integer`, `${binds.add(range.last)}::integer`];
  const condition = `k.erasure_id = ${erasure} AND k.collection = ${quoteText(ref)} AND k.action = ${quoteText(action)} AND k.block BETWEEN ${first} AND ${last}`;
  return { erasure, first, last, condition };
}

/** A row a record: its block, its number `n` there, key, place, version and leaf. */
function readBlocks({ key }: PlannedCollection, { condition }: Blocks): string {
  const lines = key.map((_, index) => `k.keys[${index + 1}:${index + 1}]`);
  const names = key.map((_, index) => keyColumn(index));
  return [
    `SELECT k.block, u.* FROM steward.erasure_targets k CROSS JOIN LATERAL`,
    `  unnest(${lines.join(', ')}, k.places, k.versions, k.leaves) WITH ORDINALITY AS u(${names.join(', ')}, place, version, leaf, n)`,
    `WHERE ${condition}`,
  ].join('\n');
}

function onTarget({ collection, keyTypes }: TargetTable, tenant: string): string {
  const keys = collection.key.map(
    (name, index) => `${column('t', name)} = b.${keyColumn(index)}::${keyTypes[index] ?? 'text'}`,
  );
  return [...keys, `${column('t', collection.tenant)} = ${tenant}`].join(' AND ');
}

/** By its place, which is found sooner than by its key. The same version of a record does not change its place. */
const isTarget = (table: TargetTable, tenant: string): string =>
  `t.ctid = b.place AND t.xmin = b.version AND ${onTarget(table, tenant)}`;

/**
 * Empties references in rows that are erased anyway, so that what they refer to can go before them. That makes new versions
 * of the rows, and the targets are brought up to them, so that they still count as unchanged.
 */
export function emptyTargets(
  table: TargetTable,
  columns: readonly string[],
  range: Range & { tenantKey: string },
): Statement {
  const { collection } = table;
  const binds = new Binds();
  const at = blocksOf('delete', collection, range, binds);
  const tenant = binds.add(range.tenantKey);
  const filled = columns.map((name) => `${column('t', name)} IS NOT NULL`).join(' OR ');
  const text = [
    `WITH batch AS MATERIALIZED (${readBlocks(collection, at)}),`,
    `done AS (UPDATE ${tableName(collection)} t SET ${emptied(columns)} FROM batch b`,
    `  WHERE ${isTarget(table, tenant)} AND (${filled}) RETURNING b.block, b.n, t.ctid AS place)`,
    'UPDATE steward.erasure_targets k SET (versions, places) = (',
    '  SELECT array_agg(CASE WHEN d.n IS NULL THEN v.version ELSE pg_current_xact_id()::xid END ORDER BY v.n),',
    '    array_agg(coalesce(d.place, v.place) ORDER BY v.n)',
    '    FROM unnest(k.versions, k.places) WITH ORDINALITY AS v(version, place, n)',
    '    LEFT JOIN done d ON d.block = k.block AND d.n = v.n)',
    `WHERE ${at.condition} AND k.block IN (SELECT block FROM done)`,
  ].join('\n');
  return { purpose: `emptying references of ${collection.ref}`, text, values: binds.values };
}

const emptied = (columns: readonly string[]): string =>
  [...new Set(columns)].map((name) => `${quoteName(name)} = NULL`).join(', ');

/**
 * Empties the references by which rows that stay refer to those of a batch: somebody else's, or rows that came after the
 * plan. Its row count is theirs.
 */
export function detach(inbound: Inbound, table: TargetTable, range: Range & { tenantKey: string }): Statement {
  const { foreignKey, emptied: columns } = inbound;
  const { sql, binds } = referredRows(foreignKey, table, range);
  const text = [
    sql,
    `UPDATE ${tableOfEnd(foreignKey.from)} c SET ${emptied(columns)} FROM referred t WHERE ${refers(foreignKey, 'c', 't')}`,
  ].join('\n');
  return {
    purpose: `emptying what refers to ${table.collection.ref} by ${foreignKey.name}`,
    text,
    values: binds.values,
  };
}

/** Whether something would go with the batch that is not part of it: one row of `reached`. */
export function reachesOthers(inbound: Inbound, table: TargetTable, range: Range & { tenantKey: string }): Statement {
  const { foreignKey } = inbound;
  const { sql, binds } = referredRows(foreignKey, table, range);
  const text = `${sql}\nSELECT EXISTS (SELECT FROM referred t JOIN ${tableOfEnd(foreignKey.from)} c ON ${refers(foreignKey, 'c', 't')}) AS reached`;
  return { purpose: `looking at what ${foreignKey.name} would delete`, text, values: binds.values };
}

/** Keeps rows from getting references while it is looked at who refers to them. */
export function lockBatch(table: TargetTable, range: Range & { tenantKey: string }): Statement {
  const binds = new Binds();
  const at = blocksOf('delete', table.collection, range, binds);
  const tenant = binds.add(range.tenantKey);
  const text = [
    `WITH batch AS MATERIALIZED (${readBlocks(table.collection, at)})`,
    `SELECT FROM ${tableName(table.collection)} t JOIN batch b ON ${onTarget(table, tenant)} FOR UPDATE OF t`,
  ].join('\n');
  return { purpose: `locking rows of ${table.collection.ref}`, text, values: binds.values };
}

/** The columns of the batch's rows that a foreign key refers to, as `referred`. */
function referredRows(foreignKey: ForeignKey, table: TargetTable, range: Range & { tenantKey: string }) {
  const binds = new Binds();
  const at = blocksOf('delete', table.collection, range, binds);
  const tenant = binds.add(range.tenantKey);
  const columns = foreignKey.to.columns.map((name) => column('t', name));
  const sql = [
    `WITH batch AS MATERIALIZED (${readBlocks(table.collection, at)}),`,
    `referred AS MATERIALIZED (SELECT ${columns.join(', ')} FROM ${tableName(table.collection)} t`,
    `  JOIN batch b ON ${isTarget(table, tenant)})`,
  ].join('\n');
  return { sql, binds };
}
