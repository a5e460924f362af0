/** Reads what a retention review weighs by, in the order that lets no hold slip through: the fences first, then the holds. */
import { planNothing, planReview, ruledCollections } from '../../data-map/retention/review-plan.ts';
import type { RuledCollection } from '../../data-map/retention/review-plan.ts';
import type { DataMap } from '../../data-map/model.ts';
import type { Plan } from '../../data-map/plan.ts';
import type { ScheduleInForce } from '../../data-map/schedule/parse.ts';
import { NotFound } from '../../domain/errors.ts';
import type { ActiveHold } from '../../domain/holds.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import type { Sources } from '../../platform/sources.ts';
import { resolveSubjects } from '../erasing/prepare.ts';
import { readScheduleInForce } from '../erasing/schedule-in-force.ts';
import { readEpochs } from '../erasing/weighing.ts';

export interface ReviewDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
}

interface Place {
  readonly jurisdictions: readonly string[];
  /** IANA. */
  readonly zone: string;
}

/** A source of the workspace in which Steward may erase. */
export interface ReviewedSource {
  readonly source: string;
  readonly tenantKey: string;
  readonly plan: Plan;
  /** What the schedule says something of, where the workspace is. */
  readonly ruled: readonly RuledCollection[];
}

export interface Surroundings {
  readonly place: Place;
  readonly schedule: ScheduleInForce;
  readonly reviewed: readonly ReviewedSource[];
  /** Of all sources of the map that know the workspace. */
  readonly tenantKeys: ReadonlyMap<string, string>;
}

export interface PreparedReview extends Surroundings {
  readonly epochs: ReadonlyMap<string, bigint>;
  readonly holds: readonly ActiveHold[];
  /** By the database's clock: what is placed after it may not be among the holds. */
  readonly readAt: Date;
}

/** Throws NotFound; InvalidSchedule while none is in force or it does not fit the map. */
export async function readSurroundings(deps: ReviewDeps, workspaceId: string): Promise<Surroundings> {
  const { db, map, sources } = deps;
  const { place, tenantKeys } = await db.withTenant(workspaceId, async (trx) => ({
    place: await readPlace(trx, workspaceId),
    tenantKeys: await readTenantKeys(trx, map, workspaceId),
  }));
  const schedule = await readScheduleInForce(db, map);
  const reviewed = [...tenantKeys]
    .filter(([source]) => sources.canErase(source))
    .map(([source, tenantKey]) => {
      const plan = planReview(map, source);
      return { source, tenantKey, plan, ruled: ruledCollections(plan, schedule, place.jurisdictions) };
    });
  return { place, schedule, reviewed, tenantKeys };
}

/** The same with the holds. Throws SealBroken when it cannot be told any more whom a hold is about: then nothing is erased. */
export async function prepareReview(deps: ReviewDeps, workspaceId: string): Promise<PreparedReview> {
  const surroundings = await readSurroundings(deps, workspaceId);
  const { tenantKeys } = surroundings;
  const epochs = await readEpochs(deps.sources, tenantKeys);
  const { readAt, holds } = await deps.db.withTenant(workspaceId, async (trx) => ({
    readAt: await databaseTime(trx),
    holds: await readActiveHolds(trx, deps.ring, workspaceId),
  }));
  const search = { map: deps.map, tenantKeys };
  return { ...surroundings, epochs, readAt, holds: await resolveSubjects(deps.sources, search, holds) };
}

/** Sources in which nothing is looked for are opened where holds on persons may lead through them. */
export function plansFor(deps: ReviewDeps, { reviewed, tenantKeys, holds }: PreparedReview): readonly Plan[] {
  if (holds.every(({ scope }) => scope.subject === undefined)) return reviewed.map(({ plan }) => plan);
  return [...tenantKeys.keys()].map(
    (source) => reviewed.find((each) => each.source === source)?.plan ?? planNothing(deps.map, source),
  );
}

async function readPlace(trx: Transaction, workspaceId: string): Promise<Place> {
  const row = await trx('workspaces')
    .where({ id: workspaceId })
    .first<{ jurisdictions: string[]; time_zone: string } | undefined>('jurisdictions', 'time_zone');
  if (!row) throw new NotFound(`There is no workspace ${workspaceId}.`);
  return { jurisdictions: row.jurisdictions, zone: row.time_zone };
}

/** Of what is searched by hand there is nothing to open. */
async function readTenantKeys(
  trx: Transaction,
  map: DataMap,
  workspaceId: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await trx('workspace_sources')
    .where({ workspace_id: workspaceId })
    .select<{ source: string; tenant_key: string }[]>('source', 'tenant_key');
  const connected = map.datasets.filter(({ manual }) => manual === undefined).map(({ source }) => source);
  return new Map(rows.filter(({ source }) => connected.includes(source)).map((row) => [row.source, row.tenant_key]));
}

async function databaseTime(trx: Transaction): Promise<Date> {
  const { rows } = await trx.raw<{ rows: { now: Date }[] }>('SELECT clock_timestamp() AS now');
  const [row] = rows;
  if (row === undefined) throw new TypeError('The database has no time.');
  return row.now;
}
