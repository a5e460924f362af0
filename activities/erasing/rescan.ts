/** Looks in one source for what an erasure was not to leave: in the transaction in which everything was searched again. */
import type { ClientBase } from 'pg';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import {
  countNotReduced,
  countPassed,
  countStillThere,
  countTargets,
  countUnreduced,
  lookUpByKeys,
  pageOfObjects,
  searchedColumns,
} from '../../data-map/erasing/rescan.ts';
import type { RescanScope } from '../../data-map/erasing/rescan.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { Residual, ResidualKind, Verification } from '../../domain/certificate/format.ts';
import type { Decision } from '../../domain/retention/decide.ts';
import type { Sources } from '../../platform/sources.ts';
import { Statements } from '../searching/statements.ts';

/** A source with what the search finds in it now, each row with its combination of grounds. */
export interface Rescanned {
  readonly source: string;
  readonly client: ClientBase;
  readonly plan: Plan;
  readonly tenantKey: string;
  readonly groups: readonly {
    readonly collection: PlannedCollection;
    readonly combination: string;
    readonly decision: Pick<Decision, 'decision'>;
    readonly rows: number;
  }[];
}

export interface RescanWish {
  readonly erasureId: string;
  /** Whether what was not erased until now was refused: then it is to be there. */
  readonly isRefused: boolean;
}

/** The sums over sources make a verification. */
export interface Rescan extends Pick<Verification, 'searched' | 'residuals'> {
  readonly expected: number;
}

export async function rescanSource(sources: Sources, rescanned: Rescanned, wish: RescanWish): Promise<Rescan> {
  const statements = new Statements(rescanned.client, rescanned.source);
  const { rows: types } = await statements.run(readColumnTypes(rescanned.plan));
  const scope = { ...wish, tenantKey: rescanned.tenantKey, types: columnTypes(types) };
  const targets = await readTargets(statements, wish.erasureId);
  const residuals = [
    ...(await unprovenIn(statements, rescanned, targets, scope)),
    ...(wish.isRefused ? [] : await foundAgain(statements, rescanned, scope)),
    ...(await leftOfTargets(statements, rescanned, targets, scope)),
  ];
  const objects = await leftOfObjects(sources, statements, wish.erasureId);
  const { collections } = rescanned.plan;
  const kept = rescanned.groups.filter(({ decision }) => wish.isRefused || decision.decision !== 'erase');
  return {
    searched: {
      sources: 1,
      collections: collections.length,
      columns: collections.reduce((sum, each) => sum + searchedColumns(each).size, 0),
      records: targets.filter(({ action }) => action !== 'restrict').reduce((sum, each) => sum + each.targets, 0),
      objects: objects.searched,
    },
    expected: kept.reduce((sum, { rows }) => sum + rows, 0),
    residuals: [...residuals, ...objects.residuals].filter(({ count }) => count > 0),
  };
}

interface Targets {
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise' | 'restrict';
  readonly keeps: readonly string[];
  readonly targets: number;
}

async function readTargets(statements: Statements, erasureId: string): Promise<readonly Targets[]> {
  const { rows } = await statements.run(countTargets({ erasureId }));
  return rows.map((row) => ({ ...(row as unknown as Targets), targets: Number(row['targets']) }));
}

/** Targets that no batch went through, records of the ledger that are no targets, and collections that the plan has not. */
async function unprovenIn(
  statements: Statements,
  { source, plan }: Rescanned,
  targets: readonly Targets[],
  scope: RescanScope,
): Promise<readonly Residual[]> {
  const { rows } = await statements.run(countPassed(scope));
  const differences = new Map<string, number>();
  const add = (collection: string, action: string, count: number): void => {
    const key = JSON.stringify([collection, action]);
    differences.set(key, (differences.get(key) ?? 0) + count);
  };
  for (const { collection, action, targets: count } of targets) add(collection, action, count);
  for (const { collection, action, passed } of rows) add(String(collection), String(action), -Number(passed));
  const planned = new Set(plan.collections.map(({ ref }) => ref));
  const unplanned = targets.filter(({ collection }) => !planned.has(collection));
  return [
    ...[...differences].map(([key, count]): Residual => {
      const [place] = JSON.parse(key) as readonly [string, string];
      return { source, place, kind: 'unproven', count: Math.abs(count) };
    }),
    ...unplanned.map(
      ({ collection, targets: count }): Residual => ({ source, place: collection, kind: 'unproven', count }),
    ),
  ];
}

/** Everything that the search finds is to be retained, or was reduced by this erasure. */
async function foundAgain(
  statements: Statements,
  { source, groups }: Rescanned,
  scope: RescanScope,
): Promise<readonly Residual[]> {
  const residuals: Residual[] = [];
  for (const [collection, own] of Map.groupBy(groups, (group) => group.collection)) {
    const toErase = own.filter(({ decision }) => decision.decision === 'erase');
    const toReduce = own.filter(({ decision }) => decision.decision === 'pseudonymise');
    residuals.push({
      source,
      place: collection.ref,
      kind: 'found_again',
      count: toErase.reduce((sum, { rows }) => sum + rows, 0),
    });
    if (toReduce.length === 0) continue;
    const combinations = toReduce.map(({ combination }) => combination);
    const count = await found(statements, countUnreduced(collection, combinations, scope));
    residuals.push({ source, place: collection.ref, kind: 'not_reduced', count });
  }
  return residuals;
}

async function leftOfTargets(
  statements: Statements,
  { source, plan }: Rescanned,
  targets: readonly Targets[],
  scope: RescanScope,
): Promise<readonly Residual[]> {
  await statements.run(lookUpByKeys);
  const residuals: Residual[] = [];
  for (const { collection: place, action, keeps } of targets) {
    const collection = plan.collections.find(({ ref }) => ref === place);
    if (collection === undefined || action === 'restrict') continue;
    const isDeletion = action === 'delete';
    const statement = isDeletion ? countStillThere(collection, scope) : countNotReduced(collection, keeps, scope);
    const kind: ResidualKind = isDeletion ? 'still_there' : 'not_reduced';
    if (statement !== undefined) residuals.push({ source, place, kind, count: await found(statements, statement) });
  }
  return residuals;
}

async function found(statements: Statements, statement: Parameters<Statements['run']>[0]): Promise<number> {
  const { rows } = await statements.run(statement);
  return Number(rows[0]?.['found']);
}

const OBJECTS_AT_ONCE = 8;
const PAGE = 400;

async function leftOfObjects(
  sources: Sources,
  statements: Statements,
  erasureId: string,
): Promise<{ readonly searched: number; readonly residuals: readonly Residual[] }> {
  const left = new Map<string, number>();
  let searched = 0;
  for (let after: readonly [string, string] = ['', '']; ; ) {
    const { rows } = await statements.run(pageOfObjects(erasureId, after, PAGE));
    const page = rows.map(({ store, object }) => [String(store), String(object)] as const);
    for (let at = 0; at < page.length; at += OBJECTS_AT_ONCE) {
      await Promise.all(
        page.slice(at, at + OBJECTS_AT_ONCE).map(async ([store, object]) => {
          if (await sources.objectStore(store).head(object)) left.set(store, (left.get(store) ?? 0) + 1);
        }),
      );
    }
    searched += page.length;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last;
  }
  const residuals = [...left].map(
    ([store, count]): Residual => ({ source: statements.source, place: store, kind: 'object_left', count }),
  );
  return { searched, residuals };
}
