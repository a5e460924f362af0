/** What the live catalogue says of the tables that an export reads: their columns, types and primary keys. */
import type { Statement } from './sql-text.ts';

interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** A row of `liveColumns`; the columns of a table come in its own order. */
export interface LiveColumnRow extends TableName {
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly loose_json: boolean;
  /** Place in the primary key, from 0; null outside it. */
  readonly key_place: number | null;
}

export function liveColumns(tables: readonly TableName[]): Statement {
  const text = `
    SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
           t.typname AS base, (e.typname = 'json' OR e.typtype IN ('c', 'd')) AS loose_json,
           array_position(i.indkey::int2[], a.attnum) AS key_place
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type t ON t.oid = a.atttypid
      JOIN pg_type e ON e.oid = coalesce(nullif(t.typelem, 0), t.oid)
      LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
     ORDER BY c.oid, a.attnum`;
  return {
    purpose: 'reading the catalogue',
    text,
    values: [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
  };
}

/** Rows of `name`: the tables beside those given, in the same schemas. */
export function otherTables(tables: readonly TableName[]): Statement {
  const text = `
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (n.nspname, c.relname) NOT IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY 1`;
  return {
    purpose: 'reading the catalogue',
    text,
    values: [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
  };
}
