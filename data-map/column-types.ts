/** The types that the source's columns have, which the map does not know well enough to compare or to carry values. */
import type { Collection } from './model.ts';
import type { Statement } from './sql-text.ts';
import { Binds, tableName } from './sql-text.ts';

export interface ColumnType {
  /** As SQL writes it, such as `character varying(40)`. */
  readonly name: string;
  /** Without what was said about its length, and of a domain the type beneath. */
  readonly base: string;
}

/** A collection of a source with the workspace's column, known by its position among those of a session. */
export interface PlacedCollection extends Collection {
  readonly tenant: string;
  readonly position: number;
}

/** Undefined for what the source does not have; the statement that needs it will say so. */
export type ColumnTypes = (collection: PlacedCollection, column: string) => ColumnType | undefined;

/** Rows of `position`, `column`, `name` and `base`, for every column of the tables of a plan. */
export function readColumnTypes({ collections }: { readonly collections: readonly PlacedCollection[] }): Statement {
  const binds = new Binds();
  const positions = binds.add(collections.map(({ position }) => String(position)));
  const tables = binds.add(collections.map(tableName));
  const text = [
    'SELECT c.position, a.attname::text AS column, format_type(a.atttypid, a.atttypmod) AS name,',
    `format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, NULL) AS base`,
    `FROM unnest(${positions}::text[], ${tables}::text[]) AS c(position, relation)`,
    'JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(c.relation) AND a.attnum > 0 AND NOT a.attisdropped',
    'JOIN pg_catalog.pg_type t ON t.oid = a.atttypid',
  ].join('\n');
  return { purpose: 'reading the types of columns', text, values: binds.values };
}

/** From what `readColumnTypes` has found. */
export function columnTypes(rows: readonly Readonly<Record<string, unknown>>[]): ColumnTypes {
  const types = new Map(
    rows.map(({ position, column, name, base }) => [
      JSON.stringify([Number(position), column]),
      { name: String(name), base: String(base) },
    ]),
  );
  return ({ position }, column) => types.get(JSON.stringify([position, column]));
}

type Family = 'integer' | 'number' | 'uuid' | 'text' | 'time';

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ['smallint', 'integer'],
  ['integer', 'integer'],
  ['bigint', 'integer'],
  ['numeric', 'number'],
  ['real', 'number'],
  ['double precision', 'number'],
  ['uuid', 'uuid'],
  ['text', 'text'],
  ['character varying', 'text'],
  ['character', 'text'],
  ['name', 'text'],
  ['date', 'time'],
  ['timestamp without time zone', 'time'],
  ['timestamp with time zone', 'time'],
]);

/** Whether PostgreSQL itself knows how to compare the two; of types that are not known it is left to say so. */
export function areComparable(one: ColumnType | undefined, other: ColumnType | undefined): boolean {
  const [a, b] = [familyOf(one), familyOf(other)];
  if (a === undefined || b === undefined || a === b) return true;
  return isNumeric(a) && isNumeric(b);
}

const familyOf = (type: ColumnType | undefined): Family | undefined => type && FAMILIES.get(type.base);

const isNumeric = (family: Family): boolean => family === 'integer' || family === 'number';

/** The text of each value as PostgreSQL writes it, and no other text of the same value. */
const INTEGER = '^(0|-?[1-9][0-9]{0,18})$';
const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/**
 * Whether a column has the value of which `text` is the text, written so that an index of the column serves and that text
 * which is no value of its type is no match instead of an error. CASE keeps the order of test and cast, AND would not.
 */
export function equalsText(column: string, type: ColumnType | undefined, text: string): string {
  const family = familyOf(type);
  if (family === 'uuid') return `${column} = CASE WHEN ${text} ~ '${UUID}' THEN ${text}::uuid END`;
  if (family !== 'integer') return `${column}::text = ${text}`;
  const bigint = `CASE WHEN ${text}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN ${text}::bigint END`;
  return `${column} = CASE WHEN ${text} ~ '${INTEGER}' THEN ${bigint} END`;
}

/** The same for text that a column of another type wrote, and whose value counts rather than its spelling: 1.0 is 1. */
export function equalsCarried(
  column: string,
  type: ColumnType | undefined,
  text: string,
  origin: ColumnType | undefined,
): string {
  const [family, from] = [familyOf(type), familyOf(origin)];
  if (family === undefined || from === undefined) return equalsText(column, type, text);
  if (isNumeric(family) && isNumeric(from)) {
    return family === 'integer' && from === 'integer' ? equalsText(column, type, text) : `${column} = ${text}::numeric`;
  }
  const isSameTime = family === 'time' && type?.base === origin?.base;
  return isSameTime && type ? `${column} = ${text}::${type.base}` : equalsText(column, type, text);
}
