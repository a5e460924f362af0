/**
 * By which rules the records of a collection that are due are looked for: so that the source goes by an index over their
 * events, from the oldest on, and reads little that is not due.
 */
import { lastEndedDay } from '../../domain/retention/period.ts';
import type { ScheduledRule } from '../schedule/format.ts';

/**
 * A record that a rule covers whatever it has is not due while that rule keeps it, so one such rule finds all that is due:
 * the one that has ended for the fewest. Where every rule demands something of its records, each of them finds its own.
 */
export function driversOf(rules: readonly ScheduledRule[], asOf: Date, zone: string): readonly ScheduledRule[] {
  const unconditional = rules.filter(({ where }) => where === undefined);
  if (unconditional.length === 0) return rules;
  const [first] = unconditional.toSorted(
    (a, b) => Number(isFar(a)) - Number(isFar(b)) || compare(dayOf(a, asOf, zone), dayOf(b, asOf, zone)),
  );
  return first === undefined ? [] : [first];
}

const isFar = ({ keep }: ScheduledRule): boolean => keep.event.through !== undefined;

/** Of events the last day that a rule is done with; empty when there is none. */
const dayOf = (rule: ScheduledRule, asOf: Date, zone: string): string => endedDay(rule, asOf, zone) ?? '';

export function endedDay({ keep }: ScheduledRule, asOf: Date, zone: string): string | undefined {
  return lastEndedDay(asOf, { length: keep.length, fromEndOfYear: keep.from_end_of_year }, zone);
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
