/** Reads what a weighing goes by, in the order that lets no hold slip through: the fences first, then the holds. */
import type { DataMap } from '../../data-map/model.ts';
import type { Plan } from '../../data-map/plan.ts';
import type { ConfirmedRow } from '../../data-map/search-options.ts';
import type { ScheduleInForce } from '../../data-map/schedule/parse.ts';
import { FenceRaised, NotFound } from '../../domain/errors.ts';
import type { ActiveHold } from '../../domain/holds.ts';
import { digestOf } from '../../domain/identities.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import { readOverrides } from '../../platform/records/erasure-overrides.ts';
import type { Sources } from '../../platform/sources.ts';
import { readInquiry, searchOf } from '../inquiry.ts';
import { readConfirmed } from '../locating/match-records.ts';
import { resolveDigests } from '../locating/resolve-digests.ts';
import { readScheduleInForce } from './schedule-in-force.ts';
import { readEpochs, withWeighedSources } from './weighing.ts';
import type { UnerasableSource, WeighedSource, Weighing } from './weighing.ts';

export interface WeighingDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
}

export interface PreparedWeighing {
  readonly schedule: ScheduleInForce;
  /** Of the sources that know the workspace. */
  readonly plans: readonly Plan[];
  readonly tenantKeys: ReadonlyMap<string, string>;
  /** By source that can be erased. */
  readonly epochs: ReadonlyMap<string, bigint>;
  /** Of the workspace. */
  readonly jurisdictions: readonly string[];
  /** By the database's clock: what is decided or placed after it may not be among what is weighed by. */
  readonly readAt: Date;
  /**
   * As `withWeighedSources`. Throws FenceRaised when a hold was placed since these were read; then all is to be read anew.
   */
  readonly weigh: <T>(
    work: (weighed: readonly WeighedSource[], unerasable: readonly UnerasableSource[]) => Promise<T>,
    signal?: AbortSignal,
  ) => Promise<T>;
}

/**
 * For one erasure; `more` are rows that are to be weighed as the person's too. Throws NotFound; InvalidSchedule while none is in force; SealBroken; what
 * `readInquiry` throws.
 */
export async function prepareWeighing(
  { db, ring, map, sources }: WeighingDeps,
  ref: RequestRef,
  erasureId: string,
  more: readonly ConfirmedRow[] = [],
): Promise<PreparedWeighing> {
  const inquiry = await db.withTenant(ref.workspaceId, (trx) => readInquiry(trx, ring, map, ref));
  const { tenantKeys } = inquiry;
  const epochs = await readEpochs(sources, tenantKeys);
  const given = await db.withTenant(ref.workspaceId, async (trx) => ({
    readAt: await databaseTime(trx),
    confirmed: await readConfirmed(trx, ref),
    holds: await readActiveHolds(trx, ring, ref.workspaceId),
    overrides: await readOverrides(trx, erasureId),
    place: await readPlace(trx, ref.workspaceId),
  }));
  const schedule = await readScheduleInForce(db, map);
  const search = searchOf(map, inquiry, { confirmed: [...given.confirmed, ...more] });
  const weighing: Weighing = {
    map,
    search,
    schedule,
    holds: await resolveSubjects(sources, { map, tenantKeys }, given.holds),
    circumstances: { askedBy: 'erasure_request', asOf: given.readAt, overrides: given.overrides.grounds },
    records: given.overrides.records,
    jurisdictions: given.place.jurisdictions,
    zone: given.place.time_zone,
  };
  return {
    schedule,
    plans: search.plan.plans,
    tenantKeys,
    epochs,
    jurisdictions: given.place.jurisdictions,
    readAt: given.readAt,
    weigh: (work, signal) =>
      withWeighedSources(
        sources,
        weighing,
        (weighed, unerasable) => {
          requireSameEpochs(weighed, epochs);
          return work(weighed, unerasable);
        },
        signal,
      ),
  };
}

function requireSameEpochs(weighed: readonly WeighedSource[], epochs: ReadonlyMap<string, bigint>): void {
  const raised = weighed.find(({ source, epoch }) => epochs.get(source) !== epoch);
  if (raised) throw new FenceRaised('A hold was placed since the holds were read; they are to be read again.');
}

async function databaseTime(trx: Transaction): Promise<Date> {
  const { rows } = await trx.raw<{ rows: { now: Date }[] }>('SELECT clock_timestamp() AS now');
  const [row] = rows;
  if (row === undefined) throw new TypeError('The database has no time.');
  return row.now;
}

interface Place {
  readonly jurisdictions: readonly string[];
  readonly time_zone: string;
}

async function readPlace(trx: Transaction, workspaceId: string): Promise<Place> {
  const row = await trx('workspaces').where({ id: workspaceId }).first<Place | undefined>('jurisdictions', 'time_zone');
  if (!row) throw new NotFound(`There is no workspace ${workspaceId}.`);
  return row;
}

/** What the digests among those stand for whom holds are about. */
export async function resolveSubjects(
  sources: Sources,
  search: { readonly map: DataMap; readonly tenantKeys: ReadonlyMap<string, string> },
  holds: readonly ActiveHold[],
): Promise<readonly ActiveHold[]> {
  const resolved: ActiveHold[] = [];
  for (const hold of holds) {
    const { subject } = hold.scope;
    resolved.push(
      subject?.some((identity) => digestOf(identity) !== undefined)
        ? { ...hold, scope: { ...hold.scope, subject: await resolveDigests(sources, search, subject) } }
        : hold,
    );
  }
  return resolved;
}
