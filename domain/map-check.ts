/** What a comparison of the data map with the live sources finds. Names of tables and columns, never a value of a row. */

/** Each with what it says; the gravity follows from the code. */
export const MAP_ERRORS = [
  /** The map lacks what a search needs, such as a primary key. */
  'map-gap',
  /** The map names a source that the settings do not have. */
  'source-missing',
  /** A PostgreSQL source of the settings of which the map says nothing. */
  'source-unmapped',
  /** The map asks a question that nobody has answered yet. */
  'question-open',
  'table-unmapped',
  'column-unmapped',
  'table-missing',
  'column-missing',
  /** Declared free of personal data without saying why. */
  'reason-missing',
  'type-conflict',
  /** The tenant column cannot hold the workspaces' keys, or is not of the type that it has elsewhere in the source. */
  'tenant-type',
  /** The ends of a reference cannot be compared. */
  'reference-type',
  /** A foreign key that is neither a reference nor said to be not followed. */
  'foreign-key-unfollowed',
  /** A trigger or rule on a mapped table that nobody has acknowledged. */
  'trigger-unacknowledged',
  /** A foreign key that deletes or changes rows by itself, and that nobody has acknowledged. */
  'cascade-unacknowledged',
  /** An acknowledgement of what is not there. */
  'acknowledgement-stale',
  /** The map's primary key does not name one row each. */
  'key-not-unique',
  'select-denied',
  /** PostgreSQL does not take the statement by which a search would find rows here. */
  'search-refused',
  /** The store that a media column names is not configured or has no such folder or bucket. */
  'store-missing',
] as const;

export const MAP_WARNINGS = [
  /** A search has to read the whole table. */
  'index-missing',
  /** Row-level security applies to our role. */
  'rows-hidden',
  /** Of a sample of the objects that rows name, some are not in the store. */
  'objects-missing',
] as const;

export type MapFindingCode = (typeof MAP_ERRORS)[number] | (typeof MAP_WARNINGS)[number];

export interface MapFinding {
  readonly code: MapFindingCode;
  readonly gravity: 'error' | 'warning';
  /** Left out when it is about the map itself. */
  readonly source?: string;
  /** `schema.table`; left out when it is about the source. */
  readonly table?: string;
  readonly column?: string;
  /** The name of the constraint, trigger, index or store concerned. */
  readonly object?: string;
  /** What is wrong and what to do about it, in a sentence or two. */
  readonly text: string;
  /** A statement that helps, for a database administrator to read first. */
  readonly sql?: string;
}

export const gravityOf = (code: MapFindingCode): MapFinding['gravity'] =>
  (MAP_WARNINGS as readonly string[]).includes(code) ? 'warning' : 'error';

/** What a finished check says. */
export interface MapCheck {
  /** Of the map that was checked. */
  readonly mapVersion: string;
  readonly tables: number;
  readonly columns: number;
  readonly findings: readonly MapFinding[];
}

/** A check as workflows pass it on: counts alone. */
export interface MapCheckSummary {
  readonly errors: number;
  readonly warnings: number;
}

export function summaryOf({ findings }: Pick<MapCheck, 'findings'>): MapCheckSummary {
  const errors = findings.filter(({ gravity }) => gravity === 'error').length;
  return { errors, warnings: findings.length - errors };
}
