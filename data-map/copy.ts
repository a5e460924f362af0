/**
 * The COPY queries that stream what a plan has found. COPY takes no parameters, so the rows are those of the key table, and
 * the workspace is compared once more through the scope table.
 */
import type { Media } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import { SCOPE_TABLE, keyColumn, keyTable, onKey, scopeColumn } from './sql.ts';
import { column, quoteName, tableName } from './sql-text.ts';

/** One JSON document a line; neither control character can occur in JSON, so nothing is ever quoted. */
export const AS_JSON_LINES = String.raw`TO STDOUT (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')`;
export const AS_CSV = 'TO STDOUT (FORMAT csv, HEADER true)';

/** JSON lines in UTF-8: the columns handed over as one object a row, in the order of the key. */
export function copyJson(collection: PlannedCollection): string {
  const columns = collection.columns.map((name) => column('t', name));
  return jsonLines(`SELECT ${columns.join(', ')} ${rowsFound(collection)}`);
}

/** CSV (RFC 4180) with a header: the columns handed over, in the order of the key. */
export function copyCsv(collection: PlannedCollection): string {
  const columns = collection.columns.map((name) => `${safeInSheet(column('t', name))} AS ${quoteName(name)}`);
  return `COPY (SELECT ${columns.join(', ')} ${rowsFound(collection)}) ${AS_CSV}`;
}

/** JSON lines `{key: […], object, name}`, one an object of the store that a row found names; `name` may be null. */
export function copyMedia(collection: PlannedCollection, media: Media): string {
  const object = column('t', media.column);
  const name = media.nameColumn === undefined ? 'NULL' : column('t', media.nameColumn);
  const key = `json_build_array(${collection.key.map((each) => column('t', each)).join(', ')})`;
  const select = `SELECT ${key} AS key, ${object}::text AS object, ${name}::text AS name`;
  return jsonLines(`${select} ${rowsFound(collection, `${object} IS NOT NULL`)}`);
}

function jsonLines(select: string): string {
  // A column of type json keeps the line breaks between its tokens, which would break the lines apart.
  const oneLine = `replace(replace(row_to_json(r)::text, chr(10), ' '), chr(13), ' ')`;
  return `COPY (SELECT ${oneLine} FROM (${select}) r) ${AS_JSON_LINES}`;
}

function rowsFound(collection: PlannedCollection, condition?: string): string {
  const order = collection.key.map((_, index) => `k.${keyColumn(index)}`).join(', ');
  const tenant = `${column('t', collection.tenant)} = s.${scopeColumn(collection)}`;
  return [
    `FROM ${keyTable(collection)} k CROSS JOIN ${SCOPE_TABLE} s`,
    `JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'k')} AND ${tenant}`,
    ...(condition === undefined ? [] : [`WHERE ${condition}`]),
    `ORDER BY ${order}`,
  ].join(' ');
}

/** Types whose text may begin with a sign and is no formula. */
const NUMERIC = `'{smallint,integer,bigint,numeric,real,double precision,money,interval}'::regtype[]`;

/**
 * A spreadsheet takes text that begins with one of these for a formula (OWASP, CSV Injection); an apostrophe before it
 * makes it text. PostgreSQL knows the column's type, the map need not.
 */
export function safeInSheet(value: string): string {
  const text = `${value}::text`;
  const begins = String.raw`left(${text}, 1) = ANY (ARRAY['=', '+', '-', '@', e'\t', e'\r', e'\n'])`;
  return `CASE WHEN ${begins} AND pg_typeof(${value}) <> ALL (${NUMERIC}) THEN '''' || ${text} ELSE ${text} END`;
}
