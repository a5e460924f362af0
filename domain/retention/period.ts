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

/**
 * The last day (ISO 8601) of which an event no longer keeps anything at a moment: `retainUntil` of it, and of every day
 * before, is not after the moment, and that of the next day is. Undefined when that would be before our era.
 */
export function lastEndedDay(asOf: Date, { length, fromEndOfYear }: RetentionPeriod, zone: string): string | undefined {
  const period = Duration.fromISO(length);
  const last = lastEndedNight(asOf, zone);
  const isOver = (day: DateTime): boolean => day.plus(period) <= last;
  const unit = fromEndOfYear ? 'year' : 'day';
  const begin = (day: DateTime): DateTime => (fromEndOfYear ? day.endOf('year').startOf('day') : day);
  const step = (day: DateTime, by: number): DateTime => begin(day.plus({ [unit]: by }));
  // Months differ in length, so that taking the period away comes near the day and not always upon it.
  let day = begin(last.minus(period));
  while (!isOver(day)) day = step(day, -1);
  while (isOver(step(day, 1))) day = step(day, 1);
  return day.year < 1 ? undefined : (day.toISODate() ?? undefined);
}

/** The last day of a period that is over at the moment, as a date without a zone. */
function lastEndedNight(asOf: Date, zone: string): DateTime {
  const today = DateTime.fromJSDate(asOf, { zone });
  let day = DateTime.utc(today.year, today.month, today.day);
  const end = (each: DateTime) => retainUntil(middayIn(each, zone), { length: 'P0D', fromEndOfYear: false }, zone);
  while (end(day) > asOf) day = day.minus({ days: 1 });
  return day;
}

const middayIn = ({ year, month, day }: DateTime, zone: string): Date =>
  DateTime.fromObject({ year, month, day, hour: 12 }, { zone }).toJSDate();

/** A moment (ISO 8601) before which every event of the day and of those before lies, in the time zone given. */
export function momentAfter(day: string, zone: string): string {
  // Where clocks are set back at midnight, the day has an hour more after it.
  const next = DateTime.fromISO(day, { zone }).plus({ days: 1 }).startOf('day').plus({ hours: 3 });
  return next.toUTC().toISO() ?? day;
}
