/** What a schedule says otherwise than another, field by field, for people to read. */
import type { ScheduleFile, ScheduledException } from './format.ts';

interface FieldDifference {
  /** `keep.length`. */
  readonly field: string;
  /** As JSON; undefined where it is not there. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface NamedDifference {
  /** Of a rule or a class. */
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of one that was added or removed there are none. */
  readonly fields: readonly FieldDifference[];
}

export interface ScheduleDifference {
  readonly classes: readonly NamedDifference[];
  readonly rules: readonly NamedDifference[];
  /** They have no names, so one that is worded otherwise was removed and another was added. */
  readonly exceptions: readonly NamedDifference[];
}

/** `before` is undefined when no schedule is in force. */
export function differenceOf(before: ScheduleFile | undefined, after: ScheduleFile): ScheduleDifference {
  const named = (schedule: ScheduleFile | undefined) =>
    new Map(schedule?.rules.map((rule) => [rule.id, rule] as const));
  const states = (schedule: ScheduleFile | undefined) =>
    new Map(schedule?.exceptions.map((each) => [JSON.stringify(each), each] as const));
  return {
    classes: compare(new Map(Object.entries(before?.classes ?? {})), new Map(Object.entries(after.classes))),
    rules: compare(named(before), named(after)),
    exceptions: compare(states(before), states(after)).map((each) => ({
      ...each,
      name: nameOf(states(before).get(each.name) ?? states(after).get(each.name)),
    })),
  };
}

function nameOf(exception: ScheduledException | undefined): string {
  if (exception === undefined) return '';
  return `${exception.exception} of ${(exception.collections ?? [exception.record_class]).join(', ')}`;
}

function compare(before: ReadonlyMap<string, object>, after: ReadonlyMap<string, object>): readonly NamedDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): NamedDifference[] => {
    const [own, other] = [before.get(name), after.get(name)];
    if (own === undefined) return [{ name, change: 'added', fields: [] }];
    if (other === undefined) return [{ name, change: 'removed', fields: [] }];
    const fields = fieldsOf(flat(own), flat(other));
    return fields.length === 0 ? [] : [{ name, change: 'changed', fields }];
  });
}

function fieldsOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly FieldDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => before.get(field) !== after.get(field))
    .map((field) => ({ field, before: before.get(field), after: after.get(field) }));
}

/** Lists stay whole: of a list of columns nobody asks for its third. */
function flat(value: object, path: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
      if (each === undefined) return [];
      const here = [...path, key];
      if (typeof each !== 'object' || each === null || Array.isArray(each))
        return [[here.join('.'), JSON.stringify(each)] as const];
      return [...flat(each, here)];
    }),
  );
}
