/** A simulation for people to read. */
import type { CollectionSimulation } from '../../activities/erasing/simulate.ts';
import { SIMULATED_MODES } from '../../data-map/erasing/simulation.ts';
import type { SimulatedChanges, SimulatedMode } from '../../data-map/erasing/simulation.ts';
import type { NamedDifference } from '../../data-map/schedule/difference.ts';
import type { SimulatedSchedule } from './simulate.ts';

export function simulationInWords({ before, after, difference, workspaces }: SimulatedSchedule): string {
  const { classes, rules, exceptions } = difference;
  const said = [
    ...classes.map((each) => differenceLines('class', each)),
    ...rules.map((each) => differenceLines('rule', each)),
    ...exceptions.map((each) => differenceLines('exception', each)),
  ].flat();
  return [
    `From ${before === null ? 'no schedule' : before.slice(0, 12)} to ${after.slice(0, 12)}`,
    ...(said.length === 0 ? ['Both say the same.'] : said),
    ...workspaces.flatMap(({ id, name, collections }) => [
      '',
      `${name} (${id})`,
      ...(collections.length === 0 ? ['  no record changes'] : collections.flatMap(collectionLines)),
    ]),
    ...(workspaces.some(({ collections }) => collections.length > 0) ? ['', LEFT_ASIDE] : []),
  ].join('\n');
}

const LEFT_ASIDE =
  'Holds, decisions in single cases and records that are kept because others refer to them are not part of this.';

function differenceLines(what: string, { name, change, fields }: NamedDifference): readonly string[] {
  return [
    `  ${what} ${name}: ${change}`,
    ...fields.map(({ field, before = 'nothing', after = 'nothing' }) => `      ${field}: ${before} becomes ${after}`),
  ];
}

const MODES: Readonly<Record<SimulatedMode, string>> = {
  review: 'the scheduled review',
  request: 'an erasure request',
};

const CHANGES: Readonly<Record<Exclude<keyof SimulatedChanges, 'unchanged'>, string>> = {
  due: 'would be erased',
  retained: 'would be retained',
  reduced: 'would keep some columns alone',
  restored: 'would be kept whole',
  longer: 'would be kept longer',
  shorter: 'would be kept for less long',
};

function collectionLines({ collection, recordClass, changes }: CollectionSimulation): readonly string[] {
  if (changes === undefined) return [`  ${collection} (${recordClass}): too many rows to be counted (--most-rows)`];
  return [
    `  ${collection} (${recordClass})`,
    ...SIMULATED_MODES.map((mode) => `      for ${MODES[mode]}: ${changesInWords(changes[mode])}`),
  ];
}

function changesInWords(changes: SimulatedChanges): string {
  const said = Object.entries(CHANGES).flatMap(([kind, words]) => {
    const rows = changes[kind as keyof SimulatedChanges];
    return rows === 0 ? [] : [`${rows.toLocaleString('en')} ${words}`];
  });
  return [...said, `${changes.unchanged.toLocaleString('en')} as before`].join(', ');
}
