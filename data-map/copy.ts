/**
 * The COPY queries that stream what a plan has found. COPY takes no parameters, so the rows are those of the key table, and
 * the workspace is compared once more through the scope table.
 */
import type { Media } from './model.ts';
import type { PlannedCollection } from './plan.ts';
import { keyColumn, onKey } from './follow.ts';
import { SCOPE_TABLE, keyTable, scopeColumn } from './sql.ts';
import { column, quoteName, tableName } from './sql-text.ts';

/** One JSON document a line; neither control character can occur in JSON, so nothing is ever quoted. */
const AS_JSON_LINES = String.raw`TO STDOUT (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')`;
const AS_CSV = 'TO STDOUT (FORMAT csv, HEADER true)';

/** What is read of the rows found in a collection, in the order of the key, whatever carries the keys. */
export interface Reading {
  /** JSON lines in UTF-8, or CSV (RFC 4180) with a header. */
  readonly format: 'json' | 'csv';
  /** SQL over the alias `t` for the collection's table. In CSV it gives text. */
  readonly columns: readonly { readonly name: string; readonly value: string }[];
  /** Rows that do not satisfy it are not read; over the same alias. */
  readonly condition?: string;
}

/** The columns handed over as one object a row. */
export function jsonReading({ columns }: PlannedCollection): Reading {
  return { format: 'json', columns: columns.map((name) => ({ name, value: column('t', name) })) };
}

/** The columns handed over. */
export function csvReading({ columns }: PlannedCollection): Reading {
  return { format: 'csv', columns: columns.map((name) => ({ name, value: safeInSheet(column('t', name)) })) };
}

/** Lines `{key: […], object, name}`, one an object of the store that a row found names; `name` may be null. */
export function mediaReading(collection: PlannedCollection, media: Media): Reading {
  const object = column('t', media.column);
  return {
    format: 'json',
    columns: [
      { name: 'key', value: `json_build_array(${collection.key.map((each) => column('t', each)).join(', ')})` },
      { name: 'object', value: `${object}::text` },
      { name: 'name', value: media.nameColumn === undefined ? 'NULL::text' : `${column('t', media.nameColumn)}::text` },
    ],
    condition: `${object} IS NOT NULL`,
  };
}

/** The query that streams a reading of the rows whose keys are in the key table. */
export function copyQuery(collection: PlannedCollection, reading: Reading): string {
  const rows = `SELECT ${columnsRead(reading)} ${rowsFound(collection, reading.condition)}`;
  if (reading.format === 'csv') return `COPY (${rows}) ${AS_CSV}`;
  return `COPY (SELECT ${jsonLine('r')} FROM (${rows}) r) ${AS_JSON_LINES}`;
}

export function columnsRead({ columns }: Reading): string {
  return columns.map(({ name, value }) => `${value} AS ${quoteName(name)}`).join(', ');
}

/** A row as JSON; a column of type json keeps the line breaks between its tokens, which would break the lines apart. */
export function jsonLine(row: string): string {
  return `replace(replace(row_to_json(${row})::text, chr(10), ' '), chr(13), ' ')`;
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
function safeInSheet(value: string): string {
  const text = `${value}::text`;
  const begins = String.raw`left(${text}, 1) = ANY (ARRAY['=', '+', '-', '@', e'\t', e'\r', e'\n'])`;
  return `CASE WHEN ${begins} AND pg_typeof(${value}) <> ALL (${NUMERIC}) THEN '''' || ${text} ELSE ${text} END`;
}
