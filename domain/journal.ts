/**
 * The journal: what a database that is restored must be brought up to, kept in the object storage outside every backup. A
 * closed list of what it tells of, in the order in which that is brought back: what keeps records first, then what erases.
 */

/**
 * `hold`: placed, effective, changed, released, or people were told of its release. `request`: it ended, carried out or
 * withdrawn. `suppression`: it was lifted. `erasure`: its records are gone, it was certified, or searched for.
 */
export const JOURNAL_KINDS = ['hold', 'request', 'suppression', 'erasure'] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];
