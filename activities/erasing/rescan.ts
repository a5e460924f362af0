/** Looks in one source for what an erasure was not to leave: in the transaction in which everything was searched again. */
import type { ClientBase } from 'pg';
import { columnTypes, readColumnTypes } from '../../data-map/column-types.ts';
import {
  countLedger,
  countNotReduced,
  countStillThere,
  countTargets,
  countUnreduced,
  lookUpByKeys,
  pageOfObjects,
  searchedColumns,
} from '../../data-map/erasing/rescan.ts';
import type { RescanScope } from '../../data-map/erasing/rescan.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { Statement } from '../../data-map/sql-text.ts';
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
  readonly pads: RescanScope['pads'];
  /** Whether what was not erased until now was refused: then it is to be there. */
  readonly isRefused: boolean;
}

/** The sums over sources make a verification. */
export interface Rescan extends Pick<Verification, 'searched' | 'residuals'> {
  readonly expected: number;
}

export async function rescanSource(sources: Sources, rescanned: Rescanned, wish: RescanWish): Promise<Rescan> {
  const statements = new Statements(rescanned.client, rescanned.source);
  const types = columnTypes((await statements.run(readColumnTypes(rescanned.plan))).rows);
  const scope = { ...wish, tenantKey: rescanned.tenantKey, types };
  const targets = await readTargets(statements, scope);
  const again = wish.isRefused ? [] : await foundAgain(statements, rescanned, scope);
  const residuals = [
    ...(await unprovenIn(statements, rescanned, targets, scope)),
    ...again,
    ...(await leftOfTargets(statements, rescanned, targets, scope)),
  ];
  const objects = await leftOfObjects(sources, statements, wish.erasureId);
  const { collections } = rescanned.plan;
  const rows = rescanned.groups.reduce((sum, group) => sum + group.rows, 0);
  return {
    searched: {
      sources: 1,
      collections: collections.length,
      columns: collections.reduce((sum, each) => sum + searchedColumns(each).size, 0),
      records: targets.filter(({ action }) => action !== 'restrict').reduce((sum, each) => sum + each.records, 0),
      objects: objects.searched,
    },
    expected: rows - again.reduce((sum, { count }) => sum + count, 0),
    residuals: together([...residuals, ...objects.residuals]),
  };
}

/** One for each place and kind. */
function together(residuals: readonly Residual[]): readonly Residual[] {
  const alike = Map.groupBy(residuals, ({ place, kind }) => JSON.stringify([place, kind]));
  return [...alike.values()]
    .map((each) => each.reduce((one, other) => ({ ...one, count: one.count + other.count })))
    .filter(({ count }) => count > 0);
}

interface Targets {
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise' | 'restrict';
  readonly keeps: readonly string[];
  /** Those that were changed, and those that no batch went through. */
  readonly records: number;
  readonly untouched: number;
}

type TargetsRow = Omit<Targets, 'records' | 'untouched'> & { readonly records: string; readonly untouched: string };

async function readTargets(statements: Statements, scope: RescanScope): Promise<readonly Targets[]> {
  const { rows } = await statements.run<TargetsRow>(countTargets(scope));
  return rows.map((row) => ({ ...row, records: Number(row.records), untouched: Number(row.untouched) }));
}

/** Targets that no batch went through, those that the ledger and the leaves differ in, and collections that are not planned. */
async function unprovenIn(
  statements: Statements,
  { source, plan }: Rescanned,
  targets: readonly Targets[],
  scope: RescanScope,
): Promise<readonly Residual[]> {
  const { rows } = await statements.run(countLedger(scope));
  const differences = new Map<string, number>();
  const add = (collection: string, action: string, count: number): void => {
    const key = JSON.stringify([collection, action]);
    differences.set(key, (differences.get(key) ?? 0) + count);
  };
  for (const { collection, action, records } of targets) add(collection, action, records);
  for (const { collection, action, records } of rows) add(String(collection), String(action), -Number(records));
  const planned = new Set(plan.collections.map(({ ref }) => ref));
  const unproven = (place: string, count: number): Residual => ({ source, place, kind: 'unproven', count });
  return [
    ...[...differences].map(([key, count]) => {
      const [place] = JSON.parse(key) as readonly [string, string];
      return unproven(place, Math.abs(count));
    }),
    ...targets.map(({ collection, records, untouched }) =>
      unproven(collection, planned.has(collection) ? untouched : records + untouched),
    ),
  ];
}

/**
 * Everything that the search finds is to be retained, or was reduced by this erasure: also what was to be erased and could
 * not go, because something refers to it.
 */
async function foundAgain(
  statements: Statements,
  { source, groups }: Rescanned,
  scope: RescanScope,
): Promise<readonly Residual[]> {
  const residuals: Residual[] = [];
  for (const [collection, own] of Map.groupBy(groups, (group) => group.collection)) {
    for (const [decision, kind] of [
      ['erase', 'found_again'],
      ['pseudonymise', 'not_reduced'],
    ] as const) {
      const decided = own.filter((group) => group.decision.decision === decision);
      if (decided.length === 0) continue;
      const combinations = decided.map(({ combination }) => combination);
      const count = await found(statements, countUnreduced(collection, combinations, scope));
      residuals.push({ source, place: collection.ref, kind, count });
    }
  }
  return residuals;
}

async function leftOfTargets(
  statements: Statements,
  { source, plan }: Rescanned,
  targets: readonly Targets[],
  scope: RescanScope,
): Promise<readonly Residual[]> {
  const residuals: Residual[] = [];
  const look = async (
    action: Targets['action'],
    kind: ResidualKind,
    ask: (collection: PlannedCollection, keeps: readonly string[]) => Statement | undefined,
  ): Promise<void> => {
    for (const { collection: place, keeps } of targets.filter((each) => each.action === action)) {
      const collection = plan.collections.find(({ ref }) => ref === place);
      const statement = collection && ask(collection, keeps);
      if (statement) residuals.push({ source, place, kind, count: await found(statements, statement) });
    }
  };
  await look('pseudonymise', 'not_reduced', (collection, keeps) => countNotReduced(collection, keeps, scope));
  await statements.run(lookUpByKeys);
  await look('delete', 'still_there', (collection) => countStillThere(collection, scope));
  return residuals;
}

async function found(statements: Statements, statement: Statement): Promise<number> {
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
