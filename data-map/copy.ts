/**
 * The COPY queries that stream what a plan has found. COPY takes no parameters, so the rows are those of the key table, and
 * the workspace is compared once more through the scope table.
 */
import { boundValue } from './binding.ts';
import type { Bind } from './binding.ts';
import type { Media } from './model.ts';
import type { Key } from './handover.ts';
import { keyObject } from './matches.ts';
import type { PlannedCollection } from './plan.ts';
import { isAmong, mixedRow, projectedColumns, projectedMedia, projectedRows } from './projection.ts';
import { keyColumn, onKey } from './follow.ts';
import { SCOPE_TABLE, keyTable, scopeColumn } from './sql.ts';
import { column, quoteName, tableName } from './sql-text.ts';

/** One JSON document a line; neither control character can occur in JSON, so nothing is ever quoted. */
export const AS_JSON_LINES = String.raw`TO STDOUT (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02')`;
export const AS_CSV = 'TO STDOUT (FORMAT csv, HEADER true)';

/** What is read of the rows found in a collection, in the order of the key, whatever carries the keys. */
export interface Reading {
  /** SQL over the alias `t` for the collection's table; each row gives one JSON object of them on a line, in UTF-8. */
  readonly columns: readonly { readonly name: string; readonly value: string }[];
  /** Rows that do not satisfy it are not read; over the same alias. */
  readonly condition?: string;
  /** What it refers to by `boundValue`, by name; a name has the same value in all readings of a plan. */
  readonly bound?: ReadonlyMap<string, string>;
}

/** The columns handed over as one object a row. */
export function jsonReading(collection: PlannedCollection): Reading {
  return handedOver(collection, (bind) => projectedColumns(collection, bind));
}

/** Lines `{key: […], object, name}`, one an object of the store that a row found names; `name` may be null. */
export function mediaReading(collection: PlannedCollection, media: Media): Reading {
  return handedOver(
    collection,
    (bind) => {
      const { object, name } = projectedMedia(collection, media, bind);
      return [
        { name: 'key', value: `json_build_array(${collection.key.map((each) => column('t', each)).join(', ')})` },
        { name: 'object', value: `${object}::text` },
        { name: 'name', value: `${name}::text` },
      ];
    },
    (bind) => `${projectedMedia(collection, media, bind).object} IS NOT NULL`,
  );
}

/**
 * Lines `{withheld, mixed}`, one a row found that is left out, or is handed over and names others; undefined when nothing is
 * left out and nobody looks for others.
 */
export function leftOutReading(collection: PlannedCollection): Reading | undefined {
  return binding((bind) => {
    const [kept, mixed] = [projectedRows(collection, bind), mixedRow(collection, bind)];
    if (kept === undefined && mixed === undefined) return undefined;
    const withheld = kept === undefined ? 'false' : `NOT (${kept})`;
    const columns = [
      { name: 'withheld', value: withheld },
      { name: 'mixed', value: `(${kept ?? 'true'}) AND (${mixed ?? 'false'})` },
    ];
    return { columns, condition: `(${withheld} OR ${mixed ?? 'false'})` };
  });
}

/** Lines `{key}` of the rows found that are among those with these keys, as `matches` writes them. */
export function amongReading(collection: PlannedCollection, keys: readonly Key[]): Reading {
  return binding(
    (bind): Reading => ({
      columns: [{ name: 'key', value: keyObject(collection, 't') }],
      condition: isAmong(collection, `asked ${collection.position}`, keys, bind),
    }),
  );
}

function handedOver(
  collection: PlannedCollection,
  columns: (bind: Bind) => Reading['columns'],
  condition: (bind: Bind) => string | undefined = () => undefined,
): Reading {
  return binding((bind) => {
    const conditions = [projectedRows(collection, bind), condition(bind)].filter((each) => each !== undefined);
    return {
      columns: columns(bind),
      ...(conditions.length > 0 && { condition: conditions.join(' AND ') }),
    };
  });
}

/** Gathers what a reading binds. */
function binding<R extends Reading | undefined>(build: (bind: Bind) => R): R {
  const bound = new Map<string, string>();
  const reading = build((name, value) => {
    bound.set(name, value);
    return boundValue(name);
  });
  return reading && bound.size > 0 ? { ...reading, bound } : reading;
}

/** The query that streams a reading of the rows whose keys are in the key table. */
export function copyQuery(collection: PlannedCollection, reading: Reading): string {
  const rows = `SELECT ${columnsRead(reading)} ${rowsFound(collection, reading.condition)}`;
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
    ...(condition === undefined ? [] : [`WHERE ${ofRowsFound(collection, condition)}`]),
    `ORDER BY ${order}`,
  ].join(' ');
}

/**
 * A condition on `t` alone is asked of the whole table when PostgreSQL reads that before the keys, and conditions are dear:
 * one that looks at the key `k` as well waits for the join.
 */
export function ofRowsFound(collection: PlannedCollection, condition: string): string {
  return `CASE WHEN ${onKey(collection, 't', 'k')} THEN ${condition} END`;
}

/** Types whose text is no formula, even if it begins with a sign. */
const HARMLESS = `'{smallint,integer,bigint,numeric,real,double precision,money,interval,boolean,uuid}'::regtype[]`;

/** Of a tab, the ends of lines, `+`, `-`, `=` and `@`. */
const FORMULA_CODES = '9, 10, 13, 43, 45, 61, 64';

/**
 * A spreadsheet takes text that begins with one of these for a formula (OWASP, CSV Injection); an apostrophe before it
 * makes it text. PostgreSQL knows the column's type, the map need not.
 */
export function safeInSheet(value: string): string {
  const text = `${value}::text`;
  const isFormula = `pg_typeof(${value}) <> ALL (${HARMLESS}) AND ascii(${text}) IN (${FORMULA_CODES})`;
  return `CASE WHEN ${isFormula} THEN '''' || ${text} ELSE ${text} END`;
}
