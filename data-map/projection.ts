/**
 * What of a row is handed over, as SQL over the alias `t` of its table, whatever carries the keys: without redacted rows,
 * cells and columns, and without what is others' in texts.
 */
import type { Bind } from './binding.ts';
import type { Key } from './handover.ts';
import type { Media } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import { column } from './sql-text.ts';
import { isSuspect, namesOthers, withoutOthers } from './third-parties.ts';
import type { Own } from './third-parties.ts';

export interface ProjectedColumn {
  readonly name: string;
  readonly value: string;
}

/** The columns handed over, in the map's order. */
export function projectedColumns(collection: PlannedCollection, bind: Bind): readonly ProjectedColumn[] {
  const { columns, texts, thirdParties } = collection.handover;
  return columns.map((name) => {
    const plain = column('t', name);
    const isCleaned = thirdParties === 'redact' && texts.includes(name);
    const value = isCleaned ? cleaned(collection, plain, bind) : plain;
    return { name, value: withoutRedacted(collection, name, value, bind) };
  });
}

function cleaned(collection: PlannedCollection, value: string, bind: Bind): string {
  const json = withoutOthers(value, ownOf(collection, bind), bind);
  return `CASE WHEN ${isSuspect(value, bind)} THEN ${json} ELSE to_json(${value}) END`;
}

/** Numbers are spelled as in the dataset's region, so each collection has an expression of its own. */
function ownOf({ handover, position }: PlannedCollection, bind: Bind): Own {
  const { own } = handover;
  return own && { token: bind(`own ${position}`, own.token), hint: bind(`own hint ${position}`, own.hint) };
}

function withoutRedacted(collection: PlannedCollection, name: string, value: string, bind: Bind): string {
  const cells = collection.handover.cells.find((each) => each.column === name);
  if (!cells) return value;
  const keys = isAmong(collection, `cells ${collection.position} ${name}`, cells.keys, bind);
  return `CASE WHEN ${keys} THEN NULL ELSE ${value} END`;
}

/** Which of the rows found are handed over; undefined: all. */
export function projectedRows(collection: PlannedCollection, bind: Bind): string | undefined {
  const { withheld, rows } = collection.handover;
  if (withheld) return 'false';
  return rows.length === 0 ? undefined : `NOT ${isAmong(collection, `rows ${collection.position}`, rows, bind)}`;
}

/** Whether the row names others; undefined where nobody looks for them. */
export function mixedRow(collection: PlannedCollection, bind: Bind): string | undefined {
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
export function projectedMedia(collection: PlannedCollection, media: Media, bind: Bind) {
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
export function isAmong({ key }: PlannedCollection, name: string, keys: readonly Key[], bind: Bind): string {
  const own = key.map((each) => `to_jsonb(${column('t', each)}) #>> '{}'`);
  const bound = bind(name, JSON.stringify(keys.map((each) => key.map((part) => each[part] ?? ''))));
  return `(jsonb_build_array(${own.join(', ')}) IN (SELECT jsonb_array_elements(${bound}::jsonb)))`;
}
