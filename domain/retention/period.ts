/** How long something is kept, counted from an event. */
import { DateTime, Duration } from 'luxon';

export interface RetentionPeriod {
  /** ISO 8601, in years, months, weeks and days: `P10Y`. Months are calendar months. */
  readonly length: string;
  /** Count from the end of the calendar year in which the event lies, as tax law does (such as § 147(4) AO). */
  readonly fromEndOfYear: boolean;
}

/** Whether a text is a period that records are kept for: not negative, and not of hours. */
export function isRetentionLength(text: string): boolean {
  const duration = Duration.fromISO(text);
  if (!duration.isValid) return false;
  const { hours = 0, minutes = 0, seconds = 0, milliseconds = 0, ...long } = duration.toObject();
  const isWhole = hours === 0 && minutes === 0 && seconds === 0 && milliseconds === 0;
  return isWhole && Object.values(long).every((value = 0) => Number.isInteger(value) && value >= 0);
}

/**
 * The first moment at which nothing is kept under the period any more, in the time zone given (an IANA name): the
 * midnight after the last day, for a period ends with its last day (Regulation (EEC, Euratom) 1182/71, Art. 3(2)). Where
 * clocks are set back at midnight, so that it comes twice, it is the second one, as PostgreSQL has it.
 */
export function retainUntil(event: Date, { length, fromEndOfYear }: RetentionPeriod, zone: string = 'utc'): Date {
  const day = DateTime.fromJSDate(event, { zone });
  const last = (fromEndOfYear ? day.endOf('year') : day).startOf('day').plus(Duration.fromISO(length));
  const end = last.plus({ days: 1 }).startOf('day');
  const again = end.plus({ hours: 1 });
  return (again.hour === end.hour ? again : end).toJSDate();
}
