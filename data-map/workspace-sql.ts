/**
 * The statements of a workspace export. COPY takes no parameters, so values are bound as settings of the transaction
 * (`set_config($1, $2, true)`) and read back by `current_setting`: nothing is quoted into a statement, and PostgreSQL
 * plans with the values, which it would not with those of a table.
 *
 * A collection is cut along its primary key into slices of about equal size. A slice is half open, from after one key
 * up to and including another; the first has no lower bound and the last no upper one, so that the slices are all rows,
 * each once, whatever the keys are.
 */
import type { ExportFormat } from '../domain/workspace-export.ts';
import { AS_CSV, AS_JSON_LINES, jsonLine, safeInSheet } from './copy.ts';
import { parquetValue } from './parquet-columns.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column, anyValue, fieldValue, quoteName } from './sql-text.ts';
import type { Step, Tie } from './workspace-plan.ts';

/** A column as the live catalogue has it. */
export interface LiveColumn {
  readonly name: string;
  /** As PostgreSQL writes it, with its modifier: `numeric(12,2)`. */
  readonly type: string;
  /** The type's own name, without modifier: `numeric`. */
  readonly base: string;
  /** Whether its value in JSON can hold a line break between tokens, as one of type json can. */
  readonly looseJson: boolean;
}

/** A collection as it is read: plain data that is kept with the export, so that every worker reads the same. */
export interface ExportedCollection {
  readonly ref: string;
  readonly label: string;
  readonly kind: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly LiveColumn[];
  readonly omitted: readonly string[];
  /** The live primary key; empty when there is none, and then the collection is one slice. */
  readonly key: readonly LiveColumn[];
  readonly ties: readonly (Tie & { readonly tenantType: string })[];
  readonly media: readonly { readonly column: string; readonly store: string }[];
}

/** Key values as text; undefined where there is no bound. */
export interface Slice {
  readonly after: readonly string[] | undefined;
  readonly upTo: readonly string[] | undefined;
}

const TENANT = 'steward.tenant';
const bound = (side: keyof Slice, index: number): string => `steward.${side === 'after' ? 'after' : 'up_to'}_${index}`;

/** Name and type come from the catalogue and the setting's name from here; no value is written into the text. */
const setting = (name: string, type: string): string => `current_setting('${name}')::${type}`;

/** The workspace as the planner sees it, which knows then how many rows that is; looked up again for every row that is read. */
const seen = (type: string): string => setting(TENANT, type);
/**
 * The workspace looked up once, which takes a seventh off the reading of a row, and unseen by the planner: for what reads
 * a whole collection. Of a slice it could take the rows of a large workspace for few, and read them all for each.
 */
const once = (type: string): string => `(SELECT ${setting(TENANT, type)})`;

/** Types and formats of all sessions alike, and no limit of time on a long read. */
export const prepareSession: Statement = {
  purpose: 'preparing the session',
  text: `SELECT set_config(name, CASE name WHEN 'TimeZone' THEN 'UTC' WHEN 'DateStyle' THEN 'ISO, YMD'
           WHEN 'IntervalStyle' THEN 'iso_8601' WHEN 'bytea_output' THEN 'hex' WHEN 'extra_float_digits' THEN '1' ELSE '0' END, true)
           FROM pg_settings WHERE name IN ('TimeZone', 'DateStyle', 'IntervalStyle', 'bytea_output', 'extra_float_digits',
             'statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`,
  values: [],
};

export function bindTenant(tenantKey: string): Statement {
  return { purpose: 'binding the workspace', text: `SELECT set_config('${TENANT}', $1, true)`, values: [tenantKey] };
}

export function bindSlice(slice: Slice): Statement {
  const binds = new Binds();
  const calls = (['after', 'upTo'] as const).flatMap((side) =>
    (slice[side] ?? []).map((value, index) => `set_config('${bound(side, index)}', ${binds.add(value)}, true)`),
  );
  return { purpose: 'binding the slice', text: `SELECT ${['1', ...calls].join(', ')}`, values: binds.values };
}

/** How many `rows` there are, and how large one is as JSON by the first that come: `width`, null when there are none. */
export function measureRows(collection: ExportedCollection): Statement {
  const sample = `SELECT ${widthOf(collection)} AS width FROM ${ownRows(collection)} LIMIT 200`;
  return {
    purpose: `measuring ${collection.ref}`,
    text: `SELECT (SELECT count(*) FROM ${ownRows(collection)})::text AS rows,
                  (SELECT avg(width) FROM (${sample}) s)::text AS width`,
    values: [],
  };
}

/** So many rows at least are measured to cut a collection … */
const SAMPLES = 1_000;
/** … and no fewer than one in so many, that also in a large collection slices can be cut finely. */
const ROWS_A_SAMPLE_AT_MOST = 1_000;

/**
 * Where the slices of a collection end, in order: `key` (an array of text), `n` (rows up to it) and `bytes` (their size),
 * both about. The rows that are measured are chosen by a hash of their key: evenly, without sorting all, and the same ones
 * whenever it is asked. Each stands for its neighbours; a slice ends where the sum passes the size wanted. The last row that
 * was measured comes too, for the size of all, with `is_end` false.
 */
export function sliceEnds(collection: ExportedCollection, rows: number, bytes: number): Statement {
  const step = Math.min(ROWS_A_SAMPLE_AT_MOST, Math.max(1, Math.floor(rows / SAMPLES)));
  const binds = new Binds();
  const keys = collection.key.map(({ name }, index) => `${column('t', name)} AS k${index}`).join(', ');
  const whole = collection.key.map(({ name }) => `${column('t', name)}::text`).join(` || ' ' || `);
  const order = collection.key.map((_, index) => `k${index}`).join(', ');
  const text = `
    WITH measured AS (SELECT ${keys}, ${widthOf(collection)}::numeric AS width FROM ${ownRows(collection, once)}
                         AND hashtextextended(${whole}, 0) % ${binds.add(step)}::bigint = 0),
    scale AS (SELECT ${binds.add(rows)}::numeric / count(*) AS rows FROM measured),
    summed AS (SELECT m.*, row_number() OVER w * rows AS n, sum(width) OVER w * rows AS bytes
                 FROM measured m, scale WINDOW w AS (ORDER BY ${order})),
    sliced AS (SELECT s.*, floor(bytes / ${binds.add(bytes)}::bigint) AS slice FROM summed s),
    cut AS (SELECT s.*, slice > lag(slice, 1, 0::numeric) OVER (ORDER BY n) AS is_end, n = max(n) OVER () AS is_last FROM sliced s)
    SELECT round(n)::text AS n, round(bytes)::text AS bytes, is_end,
           ARRAY[${collection.key.map((_, index) => `k${index}::text`).join(', ')}] AS key
      FROM cut WHERE is_end OR is_last ORDER BY cut.n`;
  return { purpose: `cutting ${collection.ref}`, text, values: binds.values };
}

const widthOf = (collection: ExportedCollection): string =>
  `(SELECT octet_length(row_to_json(r)::text) FROM (SELECT ${columnList(collection)}) r)`;

/** The rows of one slice, in no particular order: an order would cost a sort, and a file of rows has none. */
export function copySlice(collection: ExportedCollection, slice: Slice, format: ExportFormat): string {
  const isWhole = slice.after === undefined && slice.upTo === undefined;
  const rows = `${ownRows(collection, isWhole ? once : seen)}${sliceCondition(collection, slice)}`;
  if (format === 'csv') {
    const columns = collection.columns.map(({ name }) => `${safeInSheet(column('t', name))} AS ${quoteName(name)}`);
    return `COPY (SELECT ${columns.join(', ')} FROM ${rows}) ${AS_CSV}`;
  }
  if (format === 'parquet') {
    const values = collection.columns.map((each) => parquetValue(each, column('t', each.name)));
    return `COPY (SELECT json_build_array(${values.join(', ')}) FROM ${rows}) ${AS_JSON_LINES}`;
  }
  // As text it would be copied once more, which is a twentieth of what the server does for a row.
  const line = collection.columns.some(({ looseJson }) => looseJson) ? jsonLine('r') : 'row_to_json(r)';
  return `COPY (SELECT ${line} FROM (SELECT ${columnList(collection)} FROM ${rows}) r) ${AS_JSON_LINES}`;
}

/** JSON strings, one a line: the keys of every object of a store that the workspace's rows name, each once, in order. */
export function copyObjects(collections: readonly ExportedCollection[], store: string): string {
  const named = collections.flatMap((collection) =>
    collection.media
      .filter((media) => media.store === store)
      .map((media) => {
        const object = `${column('t', media.column)}::text`;
        return `SELECT ${object} AS object FROM ${ownRows(collection)} AND ${object} <> ''`;
      }),
  );
  const distinct = `SELECT DISTINCT object COLLATE "C" AS object FROM (${named.join(' UNION ALL ')}) o ORDER BY 1`;
  return `COPY (SELECT to_json(object) FROM (${distinct}) d) ${AS_JSON_LINES}`;
}

const columnList = ({ columns }: ExportedCollection): string => columns.map(({ name }) => column('t', name)).join(', ');

const tableOf = ({ schema, table }: { readonly schema: string; readonly table: string }): string =>
  `${quoteName(schema)}.${quoteName(table)}`;

/** `table t WHERE …`: the rows of the workspace that was bound. */
function ownRows(collection: ExportedCollection, workspace: (type: string) => string = seen): string {
  const conditions = collection.ties.map((tie) => leadsToTenant(tie, workspace(tie.tenantType)));
  return `${tableOf(collection)} t WHERE (${conditions.join(' OR ')})`;
}

function leadsToTenant({ steps, tenant }: Tie, workspace: string): string {
  const last = steps.length === 0 ? 't' : `s${steps.length - 1}`;
  const isOurs = `${column(last, tenant)} = ${workspace}`;
  if (steps.length === 0) return isOurs;
  const tables = steps.map(({ to }, index) => `${tableOf(to)} s${index}`).join(', ');
  const joins = steps.map((step, index) => joinOf(step, index === 0 ? 't' : `s${index - 1}`, `s${index}`));
  return `EXISTS (SELECT 1 FROM ${tables} WHERE ${[...joins, isOurs].join(' AND ')})`;
}

/** What comes out of JSON is text, whatever it is compared with. */
function joinOf({ on }: Step, here: string, there: string): string {
  return on
    .map((pair) => {
      if ([pair.here, pair.there].every(({ path, inList }) => path.length === 0 && !inList)) {
        return `${fieldValue(there, pair.there)} = ${fieldValue(here, pair.here)}`;
      }
      return anyValue(there, pair.there, (its) => anyValue(here, pair.here, (own) => `${its} = ${own}`));
    })
    .join(' AND ');
}

function sliceCondition({ key }: ExportedCollection, slice: Slice): string {
  const row = key.map(({ name }) => column('t', name)).join(', ');
  const limits = (side: keyof Slice) => key.map(({ type }, index) => setting(bound(side, index), type)).join(', ');
  return [
    ...(slice.after === undefined ? [] : [` AND (${row}) > (${limits('after')})`]),
    ...(slice.upTo === undefined ? [] : [` AND (${row}) <= (${limits('upTo')})`]),
  ].join('');
}
