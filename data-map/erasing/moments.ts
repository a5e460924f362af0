/**
 * Days and periods in SQL. What `retainUntil` of domain/retention/period.ts answers for a row, the source computes for all
 * of them; a test holds the two together.
 */
import type { RetentionPeriod } from '../../domain/retention/period.ts';
import { InvalidSchedule } from '../../domain/errors.ts';
import type { ColumnType } from '../column-types.ts';
import type { Binds } from '../sql-text.ts';

/**
 * SQL of type date: the day of a value, in the time zone given when the value is a moment. Null for what is not finite.
 * Throws InvalidSchedule when the column holds no time.
 */
export function dayOf(value: string, type: ColumnType | undefined, zone: string, where: string): string {
  const finite = (day: string): string => `CASE WHEN isfinite(${value}) THEN ${day} END`;
  if (type?.base === 'date') return finite(value);
  if (type?.base === 'timestamp without time zone') return finite(`(${value})::date`);
  if (type?.base === 'timestamp with time zone') return finite(`(${value} AT TIME ZONE ${zone})::date`);
  throw new InvalidSchedule(`${where} must be a date or a time; in the source it is ${type?.name ?? 'missing'}.`);
}

/** SQL of type timestamptz: the first moment at which nothing is kept any more under a period that began on a day. */
export function untilSql(day: string, { length, fromEndOfYear }: RetentionPeriod, zone: string, binds: Binds): string {
  const from = fromEndOfYear ? `make_date(extract(year FROM ${day})::integer, 12, 31)` : day;
  const last = `(${from} + ${binds.add(length)}::interval)::date`;
  return `((${last} + 1)::timestamp AT TIME ZONE ${zone})`;
}
