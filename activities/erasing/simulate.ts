/** Counts, in the sources, what another schedule would make of a workspace's records. Changes nothing. */
import type { ClientBase } from 'pg';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import type { PlacedCollection } from '../../data-map/column-types.ts';
import { changesOf, hasMoreRows, simulateRows, simulatedCollection } from '../../data-map/erasing/simulation.ts';
import type { SimulatedChanges, SimulatedCollection, SimulatedMode } from '../../data-map/erasing/simulation.ts';
import { throughCollections } from '../../data-map/erasing/through.ts';
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { ScheduleFile } from '../../data-map/schedule/format.ts';
import type { Sources } from '../../platform/sources.ts';
import { Statements } from '../searching/statements.ts';

export interface SimulatedWorkspace {
  readonly jurisdictions: readonly string[];
  readonly timeZone: string;
  /** Source name to the workspace's key there. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface SimulationOrder {
  readonly map: DataMap;
  /** Undefined when no schedule is in force. */
  readonly before: ScheduleFile | undefined;
  readonly after: ScheduleFile;
  readonly asOf: Date;
  /** A workspace's collection with more rows is not counted. */
  readonly mostRows: number;
}

export interface CollectionSimulation {
  readonly collection: string;
  readonly recordClass: string;
  /** Undefined when there are too many rows to be counted. */
  readonly changes: Readonly<Record<SimulatedMode, SimulatedChanges>> | undefined;
}

/**
 * Of each collection about which the schedules differ, in the map's order. Throws Unavailable while a source is away, and
 * InvalidSchedule when an event is no time in the source.
 */
export async function simulateWorkspace(
  sources: Sources,
  order: SimulationOrder,
  workspace: SimulatedWorkspace,
): Promise<readonly CollectionSimulation[]> {
  const results: CollectionSimulation[] = [];
  for (const [source, tenantKey] of Object.entries(workspace.sources)) {
    const differing = differingIn(order, workspace, source);
    if (differing.length === 0) continue;
    results.push(
      ...(await sources.withSource(source, (client) =>
        inSnapshot(client, () => simulateSource(client, order, { ...workspace, source, tenantKey }, differing)),
      )),
    );
  }
  return results;
}

function differingIn(
  { map, before, after }: SimulationOrder,
  { jurisdictions }: SimulatedWorkspace,
  source: string,
): readonly SimulatedCollection[] {
  const byHand = new Set(map.datasets.filter(({ manual }) => manual !== undefined).map(({ key }) => key));
  return collectionsOf(map).flatMap((collection, position) => {
    const { tenant, dataset } = collection;
    if (collection.source !== source || tenant === undefined || byHand.has(dataset)) return [];
    return simulatedCollection({ ...collection, tenant, position }, { before, after, jurisdictions }) ?? [];
  });
}

/** One state of the data for all counts, and none of it is changed. */
async function inSnapshot<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const result = await work();
  await client.query('COMMIT');
  return result;
}

interface SimulatedSource extends SimulatedWorkspace {
  readonly source: string;
  readonly tenantKey: string;
}

async function simulateSource(
  client: ClientBase,
  { map, before, after, asOf, mostRows }: SimulationOrder,
  { source, tenantKey, timeZone }: SimulatedSource,
  differing: readonly SimulatedCollection[],
): Promise<readonly CollectionSimulation[]> {
  const through = throughCollections(map, [...(before?.rules ?? []), ...after.rules], source);
  const placed: readonly PlacedCollection[] = [...differing.map(({ collection }) => collection), ...through];
  const statements = new Statements(client, source);
  const types = columnTypes((await statements.run(readColumnTypes({ collections: placed }))).rows);
  const scope = { tenantKey, types, zone: timeZone, asOf, edges: map.edges, through };
  const results: CollectionSimulation[] = [];
  for (const each of differing) {
    const { ref, recordClass = '' } = each.collection;
    const { rows } = await statements.run(hasMoreRows(each.collection, tenantKey, mostRows));
    const isTooLarge = rows[0]?.['more'] === true;
    const changes = isTooLarge ? undefined : changesOf((await statements.run(simulateRows(each, scope))).rows);
    results.push({ collection: ref, recordClass, changes });
  }
  return results;
}
