/**
 * The COPY queries that stream what a plan has found. COPY takes no parameters, so the rows are those of the key table, and
 * the workspace is compared once more through the scope table.
 */
import type { Media } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import { mixedRow, projectedColumns, projectedMedia, projectedRows } from './projection.ts';
import { SCOPE_TABLE, keyColumn, keyTable, onKey, scopeColumn } from './sql.ts';
import { column, quoteName, tableName } from './sql-text.ts';

/** One JSON document a line; neither control character can occur in JSON, so nothing is ever quoted. */
const AS_JSON_LINES = String.raw`TO STDOUT (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')`;
const AS_CSV = 'TO STDOUT (FORMAT csv, HEADER true)';

/** JSON lines in UTF-8: the columns handed over as one object a row, in the order of the key. */
export function copyJson(collection: PlannedCollection): string {
  const columns = projectedColumns(collection, 'json').map(({ name, value }) => `${value} AS ${quoteName(name)}`);
  return jsonLines(`SELECT ${columns.join(', ')} ${rowsHandedOver(collection)}`);
}

/** CSV (RFC 4180) with a header: the columns handed over, in the order of the key. */
export function copyCsv(collection: PlannedCollection): string {
  const columns = projectedColumns(collection, 'csv').map(
    ({ name, value }) => `${safeInSheet(value, column('t', name))} AS ${quoteName(name)}`,
  );
  return `COPY (SELECT ${columns.join(', ')} ${rowsHandedOver(collection)}) ${AS_CSV}`;
}

/** JSON lines `{key: […], object, name}`, one an object of the store that a row found names; `name` may be null. */
export function copyMedia(collection: PlannedCollection, media: Media): string {
  const { object, name } = projectedMedia(collection, media);
  const key = `json_build_array(${collection.key.map((each) => column('t', each)).join(', ')})`;
  const select = `SELECT ${key} AS key, ${object}::text AS object, ${name}::text AS name`;
  return jsonLines(`${select} ${rowsHandedOver(collection, `${object} IS NOT NULL`)}`);
}

/**
 * One JSON line `{withheld, mixed}`: how many of the rows found are left out, and how many of those handed over name others;
 * undefined when nothing is left out and nobody looks for others.
 */
export function copyLeftOut(collection: PlannedCollection): string | undefined {
  const [kept, mixed] = [projectedRows(collection), mixedRow(collection)];
  if (kept === undefined && mixed === undefined) return undefined;
  const [isKept, isMixed] = [kept ?? 'true', mixed ?? 'false'];
  const select = `SELECT count(*) FILTER (WHERE NOT (${isKept})) AS withheld, count(*) FILTER (WHERE (${isKept}) AND (${isMixed})) AS mixed`;
  return jsonLines(`${select} ${rowsFound(collection)}`);
}

function jsonLines(select: string): string {
  // A column of type json keeps the line breaks between its tokens, which would break the lines apart.
  const oneLine = `replace(replace(row_to_json(r)::text, chr(10), ' '), chr(13), ' ')`;
  return `COPY (SELECT ${oneLine} FROM (${select}) r) ${AS_JSON_LINES}`;
}

function rowsHandedOver(collection: PlannedCollection, condition?: string): string {
  const conditions = [projectedRows(collection), condition].filter((each) => each !== undefined);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = collection.key.map((_, index) => `k.${keyColumn(index)}`).join(', ');
  return `${rowsFound(collection)}${where} ORDER BY ${order}`;
}

function rowsFound(collection: PlannedCollection): string {
  const tenant = `${column('t', collection.tenant)} = s.${scopeColumn(collection)}`;
  return [
    `FROM ${keyTable(collection)} k CROSS JOIN ${SCOPE_TABLE} s`,
    `JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'k')} AND ${tenant}`,
  ].join(' ');
}

/** Types whose text may begin with a sign and is no formula. */
const NUMERIC = `'{smallint,integer,bigint,numeric,real,double precision,money,interval}'::regtype[]`;

/**
 * A spreadsheet takes text that begins with one of these for a formula (OWASP, CSV Injection); an apostrophe before it
 * makes it text. PostgreSQL knows the column's type, the map need not.
 */
function safeInSheet(value: string, typed: string): string {
  const text = `${value}::text`;
  const begins = String.raw`left(${text}, 1) = ANY (ARRAY['=', '+', '-', '@', e'\t', e'\r', e'\n'])`;
  return `CASE WHEN ${begins} AND pg_typeof(${typed}) <> ALL (${NUMERIC}) THEN '''' || ${text} ELSE ${text} END`;
}
