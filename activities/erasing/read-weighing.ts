/** What the records of a request's person are to be weighed by, as it is now. */
import type { DataMap } from '../../data-map/model.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import { readOverrides } from '../../platform/records/erasure-overrides.ts';
import { requireErasure } from '../../platform/records/erasure-review.ts';
import { readInquiry, searchOf } from '../inquiry.ts';
import { readConfirmed } from '../locating/match-records.ts';
import { readScheduleInForce } from './schedule-in-force.ts';
import type { Weighing } from './weighing.ts';

export interface WeighingDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
}

/**
 * Holds are read here, so the fences' epochs are to be read before. Throws NotFound, InvalidDataMap, InvalidSchedule, and
 * SealBroken when the request's data key was destroyed.
 */
export async function readWeighing({ db, ring, map }: WeighingDeps, ref: RequestRef): Promise<Weighing> {
  const schedule = await readScheduleInForce(db, map);
  return db.withTenant(ref.workspaceId, async (trx) => {
    const inquiry = await readInquiry(trx, ring, map, ref);
    const { grounds: overrides, records } = await readOverrides(trx, (await requireErasure(trx, ref)).id);
    return {
      map,
      search: searchOf(map, inquiry, { confirmed: await readConfirmed(trx, ref) }),
      schedule,
      holds: await readActiveHolds(trx, ring, ref.workspaceId),
      circumstances: { askedBy: 'erasure_request', asOf: new Date(), overrides },
      records,
      ...(await readPlace(trx, ref)),
    };
  });
}

async function readPlace(
  trx: Transaction,
  { workspaceId }: RequestRef,
): Promise<Pick<Weighing, 'jurisdictions' | 'zone'>> {
  const row = await trx('workspaces')
    .where({ id: workspaceId })
    .first<{ jurisdictions: readonly string[]; time_zone: string }>('jurisdictions', 'time_zone');
  return { jurisdictions: row.jurisdictions, zone: row.time_zone };
}
