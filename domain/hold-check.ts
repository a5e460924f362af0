/**
 * Whether holds cover something, answered from what holds say, without looking at the records: for a deletion that the
 * product does by itself and that has no time for a search. What cannot be told without the record is `unknown`, and is to
 * be treated as held.
 */
import type { HoldScope } from './holds.ts';

/** In the order in which they prevail: of several holds the last word of this list counts. */
export const HOLD_ANSWERS = ['not_held', 'unknown', 'held'] as const;
export type HoldAnswer = (typeof HOLD_ANSWERS)[number];

/** A hold as far as it can be answered by. */
export interface HoldInBrief {
  readonly holdId: string;
  /** Of the identities by which it names a person; empty for one that is about nobody in particular. */
  readonly subjectTypes: readonly string[];
  /** The names of its records. */
  readonly records: ReadonlySet<string> | undefined;
  readonly classes: readonly string[] | undefined;
  readonly isDated: boolean;
}

/** Made once for a hold and asked many times, for it can have a thousand records and a thousand be asked about. */
export function briefOf(
  { holdId, subjectTypes }: Pick<HoldInBrief, 'holdId' | 'subjectTypes'>,
  { records, classes, dates }: Omit<HoldScope, 'subject'>,
): HoldInBrief {
  return {
    holdId,
    subjectTypes,
    records: records && new Set(records.map(nameOf)),
    classes,
    isDated: dates !== undefined,
  };
}

export interface AskedRecord {
  readonly collection: string;
  readonly key: Readonly<Record<string, string | number>>;
  readonly recordClass: string | undefined;
  /** Whether a search for a person walks through its collection. */
  readonly searched: boolean;
}

/** What is asked about: a record, a person, or a record of a person. */
export interface Asked {
  readonly record: AskedRecord | undefined;
  /** Of the identities that the caller knows of the person. */
  readonly identityTypes: ReadonlySet<string>;
  /** The holds that name one of these identities. */
  readonly namedBy: ReadonlySet<string>;
}

export function answerOf(answers: readonly HoldAnswer[]): HoldAnswer {
  return answers.reduce((a, b) => (HOLD_ANSWERS.indexOf(a) > HOLD_ANSWERS.indexOf(b) ? a : b), 'not_held');
}

/** Whether one hold covers it: all parts of its scope must apply, and one that does not apply is enough to say no. */
export function covers(hold: HoldInBrief, asked: Asked): HoldAnswer {
  const parts = [ofSubject(hold, asked), ofRecords(hold, asked), ofClasses(hold, asked), ofDates(hold)];
  if (parts.includes('not_held')) return 'not_held';
  return parts.includes('unknown') ? 'unknown' : 'held';
}

/**
 * A record can be found of a held person whoever else it belongs to, so only the person's name on it decides. Of a person it
 * can be said that the hold is not about them when the caller knows an identity of every type that the hold goes by, and
 * none is the hold's.
 */
function ofSubject({ holdId, subjectTypes }: HoldInBrief, { record, identityTypes, namedBy }: Asked): HoldAnswer {
  if (subjectTypes.length === 0 || namedBy.has(holdId)) return 'held';
  if (record) return record.searched ? 'unknown' : 'not_held';
  return subjectTypes.every((type) => identityTypes.has(type)) ? 'not_held' : 'unknown';
}

function ofRecords({ records }: HoldInBrief, { record }: Asked): HoldAnswer {
  if (!records) return 'held';
  if (!record) return 'unknown';
  return records.has(nameOf(record)) ? 'held' : 'not_held';
}

function ofClasses({ classes }: HoldInBrief, { record }: Asked): HoldAnswer {
  if (!classes) return 'held';
  if (!record) return 'unknown';
  return record.recordClass !== undefined && classes.includes(record.recordClass) ? 'held' : 'not_held';
}

/** When a record arose is not known here. */
function ofDates({ isDated }: HoldInBrief): HoldAnswer {
  return isDated ? 'unknown' : 'held';
}

/** The same for a key however it is written: columns in any order, numbers as text, ids in either case. */
function nameOf({ collection, key }: Pick<AskedRecord, 'collection' | 'key'>): string {
  const columns = Object.entries(key).map(([column, value]) => [column, String(value).toLowerCase()] as const);
  return JSON.stringify([collection, columns.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}
