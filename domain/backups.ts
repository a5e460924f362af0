/** Backups: what one is of, how it was made, and what its manifest says. Closed lists. */

/**
 * `copy`: Steward's own database, table by table by COPY within one snapshot. The schema is not in it, for it comes from the
 * migrations; nor are data keys, which must not come back by a restore. `pg_dump`: a source, by PostgreSQL's own program.
 */
export const BACKUP_WAYS = ['copy', 'pg_dump'] as const;
export type BackupWay = (typeof BACKUP_WAYS)[number];

export const BACKUP_STATUSES = ['running', 'complete', 'failed', 'deleted'] as const;
export type BackupStatus = (typeof BACKUP_STATUSES)[number];

/**
 * `no_pg_dump`: where the worker runs there is no pg_dump that is new enough for the server. `not_configured`: no role is
 * named that may read everything. `unavailable`: database or storage were away. `refused`: the database refused a statement.
 */
export const BACKUP_FAILURES = ['no_pg_dump', 'not_configured', 'unavailable', 'refused', 'unknown'] as const;
export type BackupFailure = (typeof BACKUP_FAILURES)[number];

export const DRILL_RESULTS = ['passed', 'failed'] as const;
export type DrillResult = (typeof DRILL_RESULTS)[number];

export const BACKUP_FORMAT = 'steward-backup/1';

/** Steward's own database where it stands among the sources by name. */
export const OWN_DATABASE = 'steward';

/** A stored object of a backup. */
export interface BackedUpObject {
  /** Within the backup. */
  readonly name: string;
  /** Before it was compressed and sealed. */
  readonly bytes: number;
  /** Of those bytes; lower-case hex. */
  readonly sha256: string;
  readonly storedBytes: number;
}

export interface BackedUpTable {
  /** As SQL writes it, with its schema. */
  readonly table: string;
  readonly rows: number;
  /** In the order of the rows' fields; of `copy` alone. */
  readonly columns: readonly string[];
  /** The object with its rows; of `copy` alone. */
  readonly object: BackedUpObject | null;
}

export interface BackupManifest {
  readonly format: typeof BACKUP_FORMAT;
  readonly backupId: string;
  /** Null: Steward's own database. */
  readonly source: string | null;
  readonly way: BackupWay;
  /** The one moment of which all of it is; ISO 8601. */
  readonly snapshotAt: string;
  readonly finishedAt: string;
  readonly expiresAt: string;
  readonly serverVersion: string;
  /** Of pg_dump; null for `copy`. */
  readonly programVersion: string | null;
  /** The migrations that the schema had; of `copy` alone. */
  readonly migrations: readonly string[];
  readonly tables: readonly BackedUpTable[];
  /** Partitions that were there; of `copy` alone. */
  readonly partitions: readonly { readonly name: string; readonly parent: string; readonly bound: string }[];
  /** Name to the last value given out; of `copy` alone. */
  readonly sequences: readonly { readonly name: string; readonly value: string }[];
  /** What a dump is kept in; null for `copy`. */
  readonly archive: BackedUpObject | null;
  /** The wrapping key whose derivate the objects are sealed with. */
  readonly keyId: string;
  /** What is left out, in words. */
  readonly leftOut: readonly string[];
  readonly totals: {
    readonly tables: number;
    readonly rows: number;
    readonly bytes: number;
    readonly storedBytes: number;
  };
}

/** Of a scheduled or asked-for run. */
export interface BackupsMade {
  readonly complete: number;
  readonly failed: number;
  readonly deleted: number;
  /** Databases whose newest whole backup is older than it may be. */
  readonly overdue: number;
}

export interface RestoresReplayed {
  /** Entries of the journal that were put back into our own database. */
  readonly entries: number;
  /** Erasures that were carried out again. */
  readonly erasures: number;
  /** Of them, those of which something is there although nothing keeps it. */
  readonly left: number;
}

export interface DrillsDone {
  readonly passed: number;
  readonly failed: number;
}

export interface DrillReport {
  readonly tables: number;
  readonly rows: number;
  /** Chains of the audit log that were checked, event by event; of Steward's own database. */
  readonly chains: number;
  /** Codes with the names of tables. */
  readonly problems: readonly string[];
}

/**
 * A backup may be missed once. What is younger than twice the interval is not overdue; the database that has none is from the
 * interval's first end on, which the caller says by when it is expected.
 */
export function isOverdue(newest: Date | undefined, since: Date, everyHours: number, now: Date): boolean {
  const begun = newest ?? since;
  return now.getTime() - begun.getTime() > 2 * everyHours * 3_600_000;
}

/** pg_dump dumps servers of its own major version and of earlier ones, and the nearest is the one to take. */
export function fittingVersion(serverMajor: number, programs: readonly number[]): number | undefined {
  return programs.filter((major) => major >= serverMajor).toSorted((a, b) => a - b)[0];
}
