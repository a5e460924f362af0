/**
 * What becomes of each row that was found, in temporary tables of the source: its decision, and what other rows make of it.
 * A row that something refers to which stays, and whose reference cannot be emptied, cannot go: it stays too, with nothing
 * in it but what holds the two together.
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { columnOf, isEnd, tableOf } from '../catalogue/model.ts';
import { keyColumn, onKey } from '../follow.ts';
import type { Collection } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, quoteName, quoteText, tableName } from '../sql-text.ts';

/** `leave`: it stays as it is. */
export type Fate = 'delete' | 'pseudonymise' | 'restrict' | 'leave';

/** What was decided on the rows of a collection that have a combination of grounds. */
export interface DecidedGroup {
  readonly collection: PlannedCollection;
  readonly combination: string;
  readonly fate: Fate;
  readonly keeps: readonly string[];
}

const DECIDED_TABLE = 'pg_temp.steward_decided';
/** Made by the weighing: the key of each row found and its combination of grounds. */
const groundsTable = ({ position }: PlannedCollection): string => `pg_temp.steward_grounds_${position}`;
export const fateTable = ({ position }: PlannedCollection): string => `pg_temp.steward_fates_${position}`;

/** In the transaction of the weighing, with which the tables go. */
export function createFates(groups: readonly DecidedGroup[], collections: readonly PlannedCollection[]): Statement[] {
  const binds = new Binds();
  const rows = groups.map(
    ({ collection, combination, fate, keeps }) =>
      `(${collection.position}, ${binds.add(combination)}::text, ${quoteText(fate)}::text, ${binds.add([...keeps])}::text[])`,
  );
  const decided: Statement[] = [
    {
      purpose: 'creating the table of decisions',
      text: `CREATE TEMP TABLE ${DECIDED_TABLE} (position integer, combination text, fate text, keeps text[]) ON COMMIT DROP`,
      values: [],
    },
  ];
  if (rows.length > 0) {
    const text = `INSERT INTO ${DECIDED_TABLE} VALUES ${rows.join(', ')}`;
    decided.push({ purpose: 'writing down decisions', text, values: binds.values });
  }
  return [...decided, ...collections.flatMap(createFateTable)];
}

function createFateTable(collection: PlannedCollection): Statement[] {
  const keys = collection.key.map((_, index) => keyColumn(index));
  const purpose = `writing down what becomes of ${collection.ref}`;
  const text = [
    `CREATE TEMP TABLE ${fateTable(collection)} ON COMMIT DROP AS`,
    `SELECT ${keys.map((each) => `g.${each}`).join(', ')}, d.fate, d.keeps FROM ${groundsTable(collection)} g`,
    `JOIN ${DECIDED_TABLE} d ON d.position = ${collection.position} AND d.combination = g.combination`,
  ].join('\n');
  return [
    { purpose, text, values: [] },
    { purpose, text: `ALTER TABLE ${fateTable(collection)} ADD PRIMARY KEY (${keys.join(', ')})`, values: [] },
    { purpose, text: `ANALYZE ${fateTable(collection)}`, values: [] },
  ];
}

/** A reference to rows that are to go, and how it can be dealt with. */
export interface Inbound {
  readonly foreignKey: ForeignKey;
  readonly to: PlannedCollection;
  /** The collection that refers, when it is part of the plan. */
  readonly from: PlannedCollection | undefined;
  /** The columns to be emptied in a row that stays; none when it cannot be. */
  readonly emptied: readonly string[];
}

/** Of planned collections; `mapped` is all of the map in the source, for the keys and tenants of what is not planned. */
export function inboundOf(
  catalogue: Catalogue,
  to: PlannedCollection,
  planned: readonly PlannedCollection[],
  mapped: readonly Collection[],
): readonly Inbound[] {
  const own = catalogue.foreignKeys.filter((foreignKey) => isEnd(foreignKey.to, to));
  return own.map((foreignKey) => ({
    foreignKey,
    to,
    from: planned.find((each) => isEnd(foreignKey.from, each)),
    emptied: emptiedBy(catalogue, foreignKey, mapped),
  }));
}

/** What goes by a cascade would go unseen, so nothing is emptied for it. A row keeps its key and its workspace. */
function emptiedBy(catalogue: Catalogue, { from, onDelete }: ForeignKey, mapped: readonly Collection[]): string[] {
  if (onDelete === 'cascade') return [];
  const table = tableOf(catalogue, from);
  const owners = mapped.filter((each) => isEnd(from, each));
  const primary = table?.uniqueKeys.find((each) => each.primary)?.columns ?? [];
  const fixed = new Set([...primary, ...owners.flatMap(({ key, tenant }) => [...key, tenant])]);
  return from.columns.filter((name) => columnOf(table, name)?.nullable === true && !fixed.has(name));
}

/**
 * Keeps rows that something refers to which stays; its row count is how many those are. To be repeated, over all inbound
 * references, until none is kept any more: what is kept refers to others. While there are holds, rows of others are not
 * changed either, for one of them may be held.
 */
export function keepReferred(inbound: Inbound, tenantKey: string, hasHolds: boolean): Statement {
  const { foreignKey, to } = inbound;
  const binds = new Binds();
  const text = [
    `UPDATE ${fateTable(to)} f SET fate = 'pseudonymise', keeps = '{}'`,
    `WHERE f.fate = 'delete' AND EXISTS (`,
    `  SELECT FROM ${tableName(to)} t JOIN ${tableOfEnd(foreignKey.from)} c ON ${refers(foreignKey, 'c', 't')}`,
    `   WHERE ${onKey(to, 't', 'f')} AND ${column('t', to.tenant)} = ${binds.add(tenantKey)}`,
    `     AND ${stays(inbound, hasHolds)})`,
  ].join('\n');
  return { purpose: `looking at what refers to ${to.ref} by ${foreignKey.name}`, text, values: binds.values };
}

/** Whether the row `c` stays and its reference with it. */
function stays({ from, emptied }: Inbound, hasHolds: boolean): string {
  const canEmpty = emptied.length > 0;
  if (from === undefined) return canEmpty && !hasHolds ? 'false' : 'true';
  const row = (condition: string) =>
    `EXISTS (SELECT FROM ${fateTable(from)} x WHERE ${onKey(from, 'c', 'x')} AND (${condition}))`;
  if (!canEmpty) return `NOT ${row(`x.fate = 'delete'`)}`;
  const kept = `x.keeps @> ARRAY[${emptied.map((name) => quoteText(name)).join(', ')}]::text[]`;
  return hasHolds
    ? `NOT ${row(`x.fate = 'delete' OR (x.fate = 'pseudonymise' AND NOT ${kept})`)}`
    : row(`x.fate IN ('leave', 'restrict') OR (x.fate = 'pseudonymise' AND ${kept})`);
}

export function tableOfEnd({ schema, table }: ForeignKey['from']): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** Whether a row refers to another; one empty column and it refers to nothing (MATCH SIMPLE). */
export function refers({ from, to }: ForeignKey, owner: string, target: string): string {
  return from.columns
    .map((name, index) => `${column(owner, name)} = ${column(target, to.columns[index] ?? name)}`)
    .join(' AND ');
}
