/**
 * What of a row is handed over, as SQL over the alias `t` of its table, whatever carries the keys: without redacted rows,
 * cells and columns, and without what is others' in texts.
 */
import type { Key } from './handover.ts';
import type { Media } from './model.ts';
import type { Plan, PlannedCollection } from './plan.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column } from './sql-text.ts';
import { isSuspect, namesOthers, withoutOthers } from './third-parties.ts';
import type { Own } from './third-parties.ts';

/**
 * How a value comes into the statement: as a parameter, or by name from a table. Answers SQL of type text. The same name
 * is always the same value within a plan.
 */
export type Bind = (name: string, value: string) => string;

export interface ProjectedColumn {
  readonly name: string;
  readonly value: string;
}

/** COPY takes no parameters: what its queries bind lies in this table, and is the same for every statement of a plan. */
const BOUND_TABLE = 'pg_temp.steward_bound';

export const fromTable: Bind = (name) => `(SELECT value FROM ${BOUND_TABLE} WHERE name = ${quoted(name)})`;

const quoted = (name: string): string => `'${name.replaceAll("'", "''")}'`;

/** Creates and fills the table for the COPY queries of a plan; to be run outside the snapshot. */
export function bindForCopy({ collections }: Plan): readonly Statement[] {
  const values = new Map<string, string>();
  const collect: Bind = (name, value) => {
    values.set(name, value);
    return 'NULL';
  };
  for (const collection of collections) {
    for (const format of ['json', 'csv'] as const) projectedColumns(collection, format, collect);
    projectedRows(collection, collect);
    mixedRow(collection, collect);
  }
  const binds = new Binds();
  const arrays = `${binds.add([...values.keys()])}::text[], ${binds.add([...values.values()])}::text[]`;
  const purpose = 'binding what the packing needs';
  return [
    { purpose, text: `CREATE TEMP TABLE ${BOUND_TABLE} (name text, value text)`, values: [] },
    { purpose, text: `INSERT INTO ${BOUND_TABLE} SELECT * FROM unnest(${arrays})`, values: binds.values },
  ];
}

/** The columns handed over, in the map's order; in CSV each is text. */
export function projectedColumns(
  collection: PlannedCollection,
  format: 'json' | 'csv',
  bind: Bind = fromTable,
): readonly ProjectedColumn[] {
  const { columns, texts, thirdParties } = collection.handover;
  return columns.map((name) => {
    const plain = column('t', name);
    const isCleaned = thirdParties === 'redact' && texts.includes(name);
    const value = isCleaned ? cleaned(collection, plain, format, bind) : plain;
    return { name, value: withoutRedacted(collection, name, value, bind) };
  });
}

function cleaned(collection: PlannedCollection, value: string, format: 'json' | 'csv', bind: Bind): string {
  const json = withoutOthers(value, ownOf(collection, bind), bind);
  const [taken, left] = format === 'json' ? [json, `to_json(${value})`] : [`${json} #>> '{}'`, `${value}::text`];
  return `CASE WHEN ${isSuspect(value, bind)} THEN ${taken} ELSE ${left} END`;
}

/** Numbers are spelled as in the dataset's region, so each collection has an expression of its own. */
function ownOf({ handover, position }: PlannedCollection, bind: Bind): Own {
  return handover.own === undefined ? undefined : bind(`own ${position}`, handover.own);
}

function withoutRedacted(collection: PlannedCollection, name: string, value: string, bind: Bind): string {
  const cells = collection.handover.cells.find((each) => each.column === name);
  if (!cells) return value;
  const keys = keysBound(collection, `cells ${collection.position} ${name}`, cells.keys, bind);
  return `CASE WHEN ${keys} THEN NULL ELSE ${value} END`;
}

/** Which of the rows found are handed over; undefined: all. */
export function projectedRows(collection: PlannedCollection, bind: Bind = fromTable): string | undefined {
  const { withheld, rows } = collection.handover;
  if (withheld) return 'false';
  return rows.length === 0 ? undefined : `NOT ${keysBound(collection, `rows ${collection.position}`, rows, bind)}`;
}

/** Whether the row names others; undefined where nobody looks for them. */
export function mixedRow(collection: PlannedCollection, bind: Bind = fromTable): string | undefined {
  const { texts, thirdParties, columns } = collection.handover;
  const looked = thirdParties === 'include' ? [] : texts.filter((name) => columns.includes(name));
  if (looked.length === 0) return undefined;
  const own = ownOf(collection, bind);
  const each = looked.map((name) => {
    const value = column('t', name);
    return `(${isSuspect(value, bind)} AND ${namesOthers(withoutOthers(value, own, bind), bind)})`;
  });
  return each.join(' OR ');
}

/** The object's key in the store, or nothing where the column is redacted. */
export function projectedMedia(collection: PlannedCollection, media: Media, bind: Bind = fromTable) {
  return {
    object: visible(collection, media.column, bind),
    name: media.nameColumn === undefined ? 'NULL' : visible(collection, media.nameColumn, bind),
  };
}

/** Whether a column is redacted counts here, not where its value comes from: the key of an object is the system's always. */
function visible(collection: PlannedCollection, name: string, bind: Bind): string {
  if (collection.handover.redacted.includes(name)) return 'NULL';
  return withoutRedacted(collection, name, column('t', name), bind);
}

/** Whether the row is one of those named; as a subquery without a reference to the row it is hashed once. */
function keysBound({ key }: PlannedCollection, name: string, keys: readonly Key[], bind: Bind): string {
  const own = key.map((each) => `to_jsonb(${column('t', each)}) #>> '{}'`);
  const bound = bind(name, JSON.stringify(keys.map((each) => key.map((part) => each[part] ?? ''))));
  return `(jsonb_build_array(${own.join(', ')}) IN (SELECT jsonb_array_elements(${bound}::jsonb)))`;
}
