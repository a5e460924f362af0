/**
 * Reads the system catalogue in five queries, whatever the number of tables. Every name is qualified, so that nothing in a
 * search path stands in for the catalogue. Nothing of a row is read.
 */
import type {
  Catalogue,
  CatalogueColumn,
  CatalogueIndex,
  CatalogueTable,
  ForeignKey,
  ReferentialAction,
  TableKind,
  TypeFamily,
  UniqueKey,
} from './model.ts';

/** Runs one statement; `pg`'s clients do. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** Of the schemas given; the system's own are left out even when they are named. */
export async function readCatalogue(client: Queryable, schemas: readonly string[]): Promise<Catalogue> {
  const named = schemas.filter((schema) => schema !== 'information_schema' && !schema.startsWith('pg_'));
  const ask = async <Row>(text: string): Promise<readonly Row[]> =>
    // The shape of each row is that of the query's own list of columns.
    (await client.query(text, [named])).rows as readonly Row[];
  const relations = await ask<RelationRow>(RELATIONS);
  const columns = Map.groupBy(await ask<ColumnRow>(COLUMNS), ({ oid }) => oid);
  const indexes = Map.groupBy(await ask<IndexRow>(INDEXES), ({ oid }) => oid);
  const actions = Map.groupBy(await ask<ActionRow>(TRIGGERS_AND_RULES), ({ oid }) => oid);
  const foreignKeys = await ask<ForeignKeyRow>(FOREIGN_KEYS);
  return {
    tables: relations.map((relation) =>
      toTable(relation, {
        columns: columns.get(relation.oid) ?? [],
        indexes: indexes.get(relation.oid) ?? [],
        actions: actions.get(relation.oid) ?? [],
      }),
    ),
    foreignKeys: foreignKeys.map(toForeignKey),
  };
}

/** Partitions hold the rows of their parent, which is read instead. */
const TABLES = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
const IN_SCHEMAS = `n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition`;

interface RelationRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly row_security: boolean;
  readonly rows: number;
}

const RELATIONS = `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
         c.relrowsecurity AND pg_catalog.row_security_active(c.oid) AS row_security, c.reltuples::float8 AS rows
    FROM ${TABLES} WHERE ${IN_SCHEMAS} ORDER BY n.nspname, c.relname`;

interface ColumnRow {
  readonly oid: number;
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly category: string;
  readonly list: boolean;
  readonly nullable: boolean;
  readonly selectable: boolean;
}

/** `base` and `category` look through a domain and into an array. */
const COLUMNS = `
  SELECT c.oid, a.attname AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
         e.typname AS base, e.typcategory AS category, b.typcategory = 'A' AS list, NOT a.attnotnull AS nullable,
         pg_catalog.has_schema_privilege(n.oid, 'USAGE')
           AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') AS selectable
    FROM ${TABLES} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
    JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
   WHERE ${IN_SCHEMAS} ORDER BY c.oid, a.attnum`;

interface IndexRow {
  readonly oid: number;
  readonly name: string;
  readonly keys: readonly string[];
  /** Null for an expression. */
  readonly columns: readonly (string | null)[];
  readonly is_unique: boolean;
  readonly is_primary: boolean;
}

/** An index over a part of the rows serves nothing that has to find all of them. */
const INDEXES = `
  SELECT c.oid, x.relname AS name, i.indisunique AND i.indimmediate AS is_unique, i.indisprimary AS is_primary,
         array_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k.n, false) ORDER BY k.n) AS keys,
         array_agg(a.attname::text ORDER BY k.n) AS columns
    FROM ${TABLES} JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts::int) AS k(n)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[k.n - 1] AND a.attnum > 0
   WHERE ${IN_SCHEMAS} GROUP BY c.oid, x.relname, i.indisunique, i.indimmediate, i.indisprimary ORDER BY c.oid, x.relname`;

interface ActionRow {
  readonly oid: number;
  readonly name: string;
  readonly is_rule: boolean;
}

/** Those that work; a foreign key's own triggers are internal, and a view's query is a rule for SELECT. */
const TRIGGERS_AND_RULES = `
  SELECT c.oid, g.tgname AS name, false AS is_rule FROM ${TABLES}
    JOIN pg_catalog.pg_trigger g ON g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D' WHERE ${IN_SCHEMAS}
   UNION ALL
  SELECT c.oid, r.rulename, true FROM ${TABLES}
    JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.ev_type <> '1' AND r.ev_enabled <> 'D' WHERE ${IN_SCHEMAS}
   ORDER BY oid, name`;

interface ForeignKeyRow {
  readonly name: string;
  readonly from_schema: string;
  readonly from_table: string;
  readonly from_columns: readonly string[];
  readonly to_schema: string;
  readonly to_table: string;
  readonly to_columns: readonly string[];
  readonly on_delete: string;
  readonly on_update: string;
  readonly deferrable: boolean;
}

const columnNames = (relation: string, numbers: string): string =>
  `(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(${numbers}) WITH ORDINALITY AS k(attnum, n)
     JOIN pg_catalog.pg_attribute a ON a.attrelid = ${relation} AND a.attnum = k.attnum)`;

const FOREIGN_KEYS = `
  SELECT f.conname AS name, n.nspname AS from_schema, c.relname AS from_table, m.nspname AS to_schema, d.relname AS to_table,
         ${columnNames('f.conrelid', 'f.conkey')} AS from_columns, ${columnNames('f.confrelid', 'f.confkey')} AS to_columns,
         f.confdeltype AS on_delete, f.confupdtype AS on_update, f.condeferrable AS deferrable
    FROM pg_catalog.pg_constraint f
    JOIN pg_catalog.pg_class c ON c.oid = f.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class d ON d.oid = f.confrelid JOIN pg_catalog.pg_namespace m ON m.oid = d.relnamespace
   WHERE f.contype = 'f' AND f.conparentid = 0 AND (n.nspname = ANY ($1::text[]) OR m.nspname = ANY ($1::text[]))
   ORDER BY n.nspname, c.relname, f.conname`;

interface TableParts {
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
  readonly actions: readonly ActionRow[];
}

const KINDS: Readonly<Record<string, TableKind>> = { v: 'view', m: 'materialized view', f: 'foreign table' };

function toTable(relation: RelationRow, { columns, indexes, actions }: TableParts): CatalogueTable {
  return {
    schema: relation.schema,
    name: relation.name,
    kind: KINDS[relation.kind] ?? 'table',
    columns: columns.map(toColumn),
    uniqueKeys: indexes.flatMap(toUniqueKey),
    indexes: indexes.map(toIndex),
    triggers: actions.filter(({ is_rule }) => !is_rule).map(({ name }) => name),
    rules: actions.filter(({ is_rule }) => is_rule).map(({ name }) => name),
    rowSecurity: relation.row_security,
    rows: relation.rows < 0 ? undefined : relation.rows,
  };
}

function toColumn({ name, type, base, category, list, nullable, selectable }: ColumnRow): CatalogueColumn {
  const whole = /^(int[248]|oid)$/.test(base);
  return { name, type, family: familyOf(base, category), whole, list, nullable, selectable };
}

const BY_NAME: Readonly<Record<string, TypeFamily>> = {
  uuid: 'uuid',
  json: 'json',
  jsonb: 'json',
  bytea: 'bytes',
};

/** Letters of `pg_type.typcategory` (manual, table 52.64). */
const BY_CATEGORY: Readonly<Record<string, TypeFamily>> = {
  S: 'text',
  N: 'number',
  B: 'boolean',
  D: 'time',
  T: 'time',
  I: 'network',
  E: 'enum',
  C: 'composite',
};

function familyOf(base: string, category: string): TypeFamily {
  return BY_NAME[base] ?? BY_CATEGORY[category] ?? 'other';
}

function toUniqueKey({ is_unique, is_primary, columns }: IndexRow): readonly UniqueKey[] {
  const names = columns.filter((name) => name !== null);
  return is_unique && names.length === columns.length ? [{ columns: names, primary: is_primary }] : [];
}

function toIndex({ name, keys, columns }: IndexRow): CatalogueIndex {
  return { name, keys: keys.map((key, position) => columns[position] ?? key) };
}

const ACTIONS: Readonly<Record<string, ReferentialAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

function toForeignKey(row: ForeignKeyRow): ForeignKey {
  return {
    name: row.name,
    from: { schema: row.from_schema, table: row.from_table, columns: row.from_columns },
    to: { schema: row.to_schema, table: row.to_table, columns: row.to_columns },
    onDelete: ACTIONS[row.on_delete] ?? 'no action',
    onUpdate: ACTIONS[row.on_update] ?? 'no action',
    deferrable: row.deferrable,
  };
}
