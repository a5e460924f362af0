/** A schedule as plain data for whoever shows it. */
import type { DescribedRule, DescribedSchedule } from '../../domain/retention/schedule-description.ts';
import type { ScheduledException, ScheduledRule } from './format.ts';
import { readSchedule } from './parse.ts';
import type { ScheduleText } from './parse.ts';

/** Throws InvalidSchedule. */
export function describeSchedule(file: ScheduleText): DescribedSchedule {
  const { name, classes, rules, exceptions } = readSchedule(file);
  return {
    name,
    classes: Object.entries(classes).map(([recordClass, { approvals, automatic }]) => ({
      recordClass,
      approvals: approvals ?? { people: 1, above: 0 },
      automatic,
      rules: rules.filter((rule) => rule.record_class === recordClass).map(describeRule),
      exceptions: exceptions
        .filter((exception) => exception.record_class === recordClass)
        .map((exception) => ({ exception: exception.exception, ...describeAuthority(exception) })),
    })),
  };
}

function describeRule(rule: ScheduledRule): DescribedRule {
  const { length, from_end_of_year: fromEndOfYear, event } = rule.keep;
  return {
    id: rule.id,
    ...describeAuthority(rule),
    requirement: rule.requirement,
    keep: {
      length,
      fromEndOfYear,
      event: { column: event.column, fallback: event.fallback ?? null, through: event.through ?? null },
    },
    disposition: rule.columns === undefined ? 'keep' : 'pseudonymise',
    columns: rule.columns ?? [],
    jurisdictions: rule.jurisdictions ?? [],
    overridableBy: rule.overridable_by,
    needsPerson: rule.needs_person,
  };
}

function describeAuthority(authority: ScheduledRule | ScheduledException) {
  const { collections = [], where = [], force, purpose, party, visibility, basis, source, exemption } = authority;
  return {
    collections,
    where: where.map((condition) => ({
      column: condition.column,
      is: 'is' in condition ? condition.is : null,
      in: 'in' in condition ? condition.in : null,
    })),
    force,
    purpose,
    party,
    visibility,
    basis,
    source,
    exemption: exemption ?? null,
  };
}
