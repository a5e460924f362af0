/** What a schedule says against what the map has. */
import type { Collection, DataMap, Edge } from '../model.ts';
import { collectionsOf } from '../model.ts';
import type { Condition, ScheduleFile, ScheduledException, ScheduledRule } from './format.ts';

type Selecting = ScheduledRule | ScheduledException;

/**
 * Every problem, each naming the rule and what to do. What no search walks through is kept and erased by the schedule all
 * the same.
 */
export function checkSchedule(schedule: ScheduleFile, map: DataMap): readonly string[] {
  const collections = collectionsOf(map).filter(({ exemption }) => exemption === undefined);
  const { rules, exceptions } = schedule;
  return [
    ...repeated(rules.map(({ id }) => id)).map((id) => `rule ${id}: it is there twice; give each an id of its own.`),
    ...unknownClasses(schedule, collections),
    ...rules.flatMap((rule) => checkRule(rule, collections, map.edges)),
    ...exceptions.flatMap((each) => checkSelection(each, `exception ${each.exception}`, collections)),
    ...equalRank(rules, collections),
  ];
}

function unknownClasses({ classes, rules, exceptions }: ScheduleFile, collections: readonly Collection[]): string[] {
  const mapped = new Set(collections.map(({ recordClass }) => recordClass));
  const listed = Object.keys(classes);
  const used = [...rules.map((each) => each.record_class), ...exceptions.map((each) => each.record_class)];
  return [
    ...listed
      .filter((name) => !mapped.has(name))
      .map((name) => `class ${name}: no collection of the data map is of this class; mend the name.`),
    ...[...new Set(used)]
      .filter((name) => !listed.includes(name))
      .map((name) => `class ${name}: a rule names it and classes does not list it; add it there.`),
    ...[...mapped]
      .filter((name) => name !== undefined && !listed.includes(name))
      .map((name) => `class ${name}: the data map has it and the schedule does not; list it under classes.`),
  ];
}

function checkRule(rule: ScheduledRule, collections: readonly Collection[], edges: readonly Edge[]): string[] {
  const place = `rule ${rule.id}`;
  const selected = selectedBy(rule, collections);
  return [
    ...checkSelection(rule, place, collections),
    ...checkEvent(rule, place, collections, edges),
    ...selected.flatMap((each) => missing(each, rule.columns ?? [], place)),
    ...(rule.force !== 'business_default' && rule.exemption === undefined
      ? [`${place}: a rule of force ${rule.force} must cite what lets it stand against an erasure request (exemption).`]
      : []),
    ...(rule.force === 'business_default' && rule.exemption !== undefined
      ? [`${place}: a business default has no exemption; take it away, or give the rule its true force.`]
      : []),
    ...(rule.party === 'processor' && rule.purpose === 'legitimate_business'
      ? [`${place}: our own legitimate business is no authority over a customer's data; name another purpose or party.`]
      : []),
  ];
}

function checkSelection(selecting: Selecting, place: string, collections: readonly Collection[]): string[] {
  const known = new Map(collections.map((each) => [each.ref, each]));
  const named = (selecting.collections ?? []).flatMap((ref) => {
    const found = known.get(ref);
    if (found === undefined) return [`${place}: the data map has no collection ${ref}; mend the name.`];
    if (found.recordClass === selecting.record_class) return [];
    return [`${place}: ${ref} is of the class ${found.recordClass ?? 'none'}, not ${selecting.record_class}.`];
  });
  const columns = (selecting.where ?? []).map(({ column }) => column);
  return [...named, ...selectedBy(selecting, collections).flatMap((each) => missing(each, columns, place))];
}

function checkEvent(
  { keep, ...rule }: ScheduledRule,
  place: string,
  collections: readonly Collection[],
  edges: readonly Edge[],
): string[] {
  const { column, fallback, through } = keep.event;
  const columns = [column, ...(fallback === undefined ? [] : [fallback])];
  const selected = selectedBy({ keep, ...rule }, collections);
  if (through === undefined) return selected.flatMap((each) => missing(each, columns, place));
  const far = collections.find(({ ref }) => ref === through);
  if (far === undefined) return [`${place}: the event lies in ${through}, which the data map does not have.`];
  const apart = selected.filter((each) => !leadToEachOther(edges, each, far));
  return [
    ...missing(far, columns, place),
    ...apart.map(
      ({ ref }) =>
        `${place}: the data map has no reference between ${ref} and ${through} in one source, by which the event is found.`,
    ),
    ...(far.tenant === undefined ? [`${place}: ${through}, where the event lies, has no workspace column.`] : []),
  ];
}

function leadToEachOther(edges: readonly Edge[], one: Collection, other: Collection): boolean {
  return edges.some(
    ({ from, to, crossesSources }) =>
      !crossesSources && ((from === one.ref && to === other.ref) || (from === other.ref && to === one.ref)),
  );
}

function missing({ ref, fields }: Collection, columns: readonly string[], place: string): string[] {
  const known = new Set(fields.filter(({ path }) => path.length === 0).map(({ column }) => column));
  return columns
    .filter((name) => !known.has(name))
    .map((name) => `${place}: ${ref} has no column ${name} in the data map; mend the name, or name the collections.`);
}

/** The collections that a rule or an exception is about. */
function selectedBy(selecting: Selecting, collections: readonly Collection[]): readonly Collection[] {
  const ofClass = collections.filter(({ recordClass }) => recordClass === selecting.record_class);
  const named = selecting.collections;
  return named === undefined ? ofClass : ofClass.filter(({ ref }) => named.includes(ref));
}

/**
 * Two rules of one force under one requirement for the same rows are two answers to one question, and nobody could say
 * which was meant. Longer and shorter periods for different cases need conditions or jurisdictions that differ.
 */
function equalRank(rules: readonly ScheduledRule[], collections: readonly Collection[]): string[] {
  return rules.flatMap((rule, index) =>
    rules.slice(index + 1).flatMap((other) => {
      if (rank(rule) !== rank(other) || !holdTogether(rule, other)) return [];
      const refs = new Set(selectedBy(rule, collections).map(({ ref }) => ref));
      const shared = selectedBy(other, collections).find(({ ref }) => refs.has(ref));
      if (shared === undefined) return [];
      return [
        `rules ${rule.id} and ${other.id}: both are ${rule.force} for ${rule.requirement} on ${shared.ref}; keep one.`,
      ];
    }),
  );
}

function rank({ force, requirement, party, where }: ScheduledRule): string {
  return JSON.stringify([force, requirement, party, (where ?? []).map(conditionKey).toSorted()]);
}

/** A law of a country and one of a part of it, or a rule for everywhere and one for a country, can both be meant. */
function holdTogether({ jurisdictions: own }: ScheduledRule, { jurisdictions: others }: ScheduledRule): boolean {
  if (own === undefined || others === undefined) return own === others;
  return own.some((jurisdiction) => others.includes(jurisdiction));
}

const conditionKey = (condition: Condition): string => JSON.stringify(condition);

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
