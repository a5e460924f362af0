/** What the system catalogue of a PostgreSQL source says of the schemas that a data map is about. */

/** Groups of types whose values compare with each other. */
export type TypeFamily =
  | 'text'
  | 'number'
  | 'boolean'
  | 'uuid'
  | 'time'
  | 'network'
  | 'bytes'
  | 'json'
  | 'enum'
  | 'composite'
  | 'other';

export interface CatalogueColumn {
  readonly name: string;
  /** As PostgreSQL writes it: `character varying(80)`, `uuid[]`. */
  readonly type: string;
  /** Of its elements when it is an array, of the type below it when it is a domain. */
  readonly family: TypeFamily;
  /** Among numbers: without a fraction. */
  readonly whole: boolean;
  readonly list: boolean;
  readonly nullable: boolean;
  readonly selectable: boolean;
}

/** Views hold no rows of their own; the other kinds do, or bring them from elsewhere. */
export type TableKind = 'table' | 'view' | 'materialized view' | 'foreign table';

export interface CatalogueTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: TableKind;
  readonly columns: readonly CatalogueColumn[];
  /** Sets of columns of which no two rows agree in all: whole, immediate unique indexes over columns alone. */
  readonly uniqueKeys: readonly UniqueKey[];
  readonly indexes: readonly CatalogueIndex[];
  readonly triggers: readonly string[];
  /** Rules that do something else or more than what was asked. */
  readonly rules: readonly string[];
  /** Policies decide which rows our role sees. */
  readonly rowSecurity: boolean;
  /** The planner's estimate; undefined when the table was never analysed. */
  readonly rows: number | undefined;
}

export interface UniqueKey {
  readonly columns: readonly string[];
  readonly primary: boolean;
}

/** A valid index over all rows. */
export interface CatalogueIndex {
  readonly name: string;
  /** Columns by name and expressions as PostgreSQL writes them, in the index's order. */
  readonly keys: readonly string[];
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface ForeignKeyEnd {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly from: ForeignKeyEnd;
  readonly to: ForeignKeyEnd;
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  /** Its check can wait until the transaction ends; that of `restrict` never does. */
  readonly deferrable: boolean;
}

export interface Catalogue {
  /** Partitioned tables, not their partitions. */
  readonly tables: readonly CatalogueTable[];
  /** Those with an end in one of the schemas. */
  readonly foreignKeys: readonly ForeignKey[];
}

export function tableOf(
  { tables }: Pick<Catalogue, 'tables'>,
  { schema, table }: { readonly schema: string; readonly table: string },
): CatalogueTable | undefined {
  return tables.find((each) => each.schema === schema && each.name === table);
}

/** Whether a foreign key begins or ends at a table. */
export function isEnd(end: ForeignKeyEnd, { schema, table }: { readonly schema: string; readonly table: string }) {
  return end.schema === schema && end.table === table;
}

export function columnOf(table: CatalogueTable | undefined, name: string): CatalogueColumn | undefined {
  return table?.columns.find((each) => each.name === name);
}
