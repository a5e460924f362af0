/** `steward schedule simulate`: what a schedule would alter, before it is activated. Reads the sources, changes nothing. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { readScheduleInForce } from '../../activities/erasing/schedule-in-force.ts';
import { simulateWorkspace } from '../../activities/erasing/simulate.ts';
import type { CollectionSimulation, SimulationOrder } from '../../activities/erasing/simulate.ts';
import type { DataMap } from '../../data-map/model.ts';
import { differenceOf } from '../../data-map/schedule/difference.ts';
import type { ScheduleDifference } from '../../data-map/schedule/difference.ts';
import { parseSchedule } from '../../data-map/schedule/parse.ts';
import type { ScheduleInForce } from '../../data-map/schedule/parse.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { Database } from '../../platform/database.ts';
import { readEditionInForce } from '../../platform/records/retention-schedules.ts';
import { readWorkspaceSettings } from '../../platform/records/workspaces.ts';
import type { WorkspaceRecord } from '../../platform/records/workspaces.ts';
import type { MapOptions } from '../map/setting.ts';
import { openMap, withMapOption, withSources } from '../map/setting.ts';
import { simulationInWords } from './simulation-words.ts';
import { scheduleFile, withDatabase } from './setting.ts';

interface SimulateOptions extends MapOptions {
  readonly workspace?: readonly string[];
  readonly mostRows: number;
  readonly json?: boolean;
}

export interface SimulatedSchedule {
  /** Versions; null when none is in force. */
  readonly before: string | null;
  readonly after: string;
  readonly difference: ScheduleDifference;
  readonly workspaces: readonly {
    readonly id: string;
    readonly name: string;
    readonly collections: readonly CollectionSimulation[];
  }[];
}

const MOST_ROWS = 5_000_000;

export function simulateCommand(parent: Command): void {
  withMapOption(parent.command('simulate [file]'))
    .description('show what a schedule would alter against the one in force, without activating it')
    .option('-w, --workspace <id...>', 'for these workspaces (all, if left out)')
    .option(
      '--most-rows <number>',
      'leave a collection with more rows of a workspace uncounted',
      wholeNumber,
      MOST_ROWS,
    )
    .option('--json', 'as JSON')
    .action(simulate);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return number;
}

async function simulate(file: string | undefined, options: SimulateOptions): Promise<void> {
  const { config, map } = await openMap(options);
  const after = parseSchedule(await scheduleFile(file, config), map);
  const [before, workspaces] = await withDatabase(config, async (db) => [
    await inForce(db, map),
    await chosenWorkspaces(db, options.workspace),
  ]);
  const order = { map, before, after, asOf: new Date(), mostRows: options.mostRows };
  const result = {
    before: before?.version ?? null,
    after: after.version,
    difference: differenceOf(before, after),
    workspaces: await withSources(config, (sources) => simulateAll(order, workspaces, sources)),
  };
  console.log(options.json ? JSON.stringify(result, null, 2) : simulationInWords(result));
}

/** The first schedule is simulated against none. */
async function inForce(db: Database, map: DataMap): Promise<ScheduleInForce | undefined> {
  return (await readEditionInForce(db)) === undefined ? undefined : readScheduleInForce(db, map);
}

async function chosenWorkspaces(
  db: Database,
  chosen: readonly string[] | undefined,
): Promise<readonly WorkspaceRecord[]> {
  const all = await readWorkspaceSettings(db);
  const unknown = (chosen ?? []).filter((id) => !all.some((workspace) => workspace.id === id));
  if (unknown.length > 0) throw new InvalidInput(`There is no workspace ${unknown.join(', ')}.`);
  return chosen === undefined ? all : all.filter(({ id }) => chosen.includes(id));
}

/** One after the other: the counting is work enough for the sources. */
async function simulateAll(
  order: SimulationOrder,
  workspaces: readonly WorkspaceRecord[],
  sources: Parameters<typeof simulateWorkspace>[0],
): Promise<SimulatedSchedule['workspaces']> {
  const results = [];
  for (const { id, name, ...workspace } of workspaces)
    results.push({ id, name, collections: await simulateWorkspace(sources, order, workspace) });
  return results;
}
