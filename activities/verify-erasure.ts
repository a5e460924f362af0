/** Searches again after an erasure, at once and at the person's cost: nothing may be left but what is to be left. */
import type { Residual, Verification } from '../domain/certificate/format.ts';
import type { ErasureVerified } from '../domain/erasure.ts';
import type { RequestRef } from '../domain/runs.ts';
import type { Transaction } from '../platform/database.ts';
import { requireKey } from '../platform/keys.ts';
import { leafPads } from '../platform/leaf-key.ts';
import { isRejected, requireErasure } from '../platform/records/erasure-review.ts';
import { moveRequest, recordEvent } from '../platform/records/request-progress.ts';
import { requireConnected } from './erasing/connected.ts';
import { prepareWeighing } from './erasing/prepare.ts';
import type { WeighingDeps } from './erasing/prepare.ts';
import { rescanSource } from './erasing/rescan.ts';
import type { Rescan, RescanWish } from './erasing/rescan.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';

export type VerifyErasureActivities = ReturnType<typeof createVerifyErasureActivities>;

export function createVerifyErasureActivities(deps: WeighingDeps) {
  return {
    verifyErasure: (ref: RequestRef): Promise<ErasureVerified> => verifyErasure(deps, ref, currentControl()),
  };
}

/**
 * Before the keys of the records are taken away. Answers how many records, texts and objects are left outside what is to be
 * left; where they are stands in the erasure. Throws NotFound; Conflict when the request has moved on; FenceRaised when a hold
 * is placed meanwhile, so that a repeat sees it; Unavailable while a source is away or no longer connected.
 */
export async function verifyErasure(deps: WeighingDeps, ref: RequestRef, control: Control): Promise<ErasureVerified> {
  const stopBeating = control.beat(() => undefined);
  try {
    const wish = await deps.db.withTenant(ref.workspaceId, async (trx) => {
      await moveRequest(trx, ref, { to: 'verifying' });
      return readWish(trx, deps, ref);
    });
    const prepared = await prepareWeighing(deps, ref, wish.erasureId);
    const rescans = await prepared.weigh(async (weighed) => {
      const all: Rescan[] = [];
      for (const each of weighed) all.push(await rescanSource(deps.sources, each, wish));
      return all;
    }, control.signal);
    const verification = verificationOf(rescans);
    await deps.db.withTenant(ref.workspaceId, (trx) => record(trx, ref, wish.erasureId, verification));
    return { residuals: verification.residuals.reduce((sum, { count }) => sum + count, 0) };
  } finally {
    stopBeating();
  }
}

async function readWish(trx: Transaction, { ring, sources }: WeighingDeps, ref: RequestRef): Promise<RescanWish> {
  const erasure = await requireErasure(trx, ref);
  requireConnected(sources, erasure);
  const row = await trx('erasures')
    .where({ workspace_id: ref.workspaceId, id: erasure.id })
    .first<{ leaf_key_id: string | null }>('leaf_key_id');
  // Without a key nothing was written down to be erased.
  const key = row.leaf_key_id === null ? ring.current('tombstone') : requireKey(ring, 'tombstone', row.leaf_key_id);
  return {
    erasureId: erasure.id,
    pads: leafPads(key, ref.workspaceId),
    isRefused: await isRejected(trx, erasure),
  };
}

function verificationOf(rescans: readonly Rescan[]): Verification {
  const residuals = rescans.flatMap((each): readonly Residual[] => each.residuals);
  const sum = (pick: (rescan: Rescan) => number): number => rescans.reduce((total, each) => total + pick(each), 0);
  return {
    method: 'rescan',
    at: new Date().toISOString(),
    result: residuals.length > 0 ? 'failed' : 'passed',
    searched: {
      sources: sum(({ searched }) => searched.sources),
      collections: sum(({ searched }) => searched.collections),
      columns: sum(({ searched }) => searched.columns),
      records: sum(({ searched }) => searched.records ?? 0),
      objects: sum(({ searched }) => searched.objects),
    },
    expected: sum(({ expected }) => expected),
    residuals,
  };
}

async function record(trx: Transaction, ref: RequestRef, erasureId: string, verification: Verification): Promise<void> {
  const own = { workspace_id: ref.workspaceId, id: erasureId };
  const failed = await trx('erasures').where(own).whereRaw(`verification ->> 'result' = 'failed'`).first('id');
  await trx('erasures')
    .where(own)
    .update({ verification: JSON.stringify(verification), verified_at: new Date(verification.at) });
  const { result, searched, residuals } = verification;
  // What was left over is gone, and nobody has to look any more.
  if (result === 'passed' && failed !== undefined)
    await trx('requests')
      .where({ workspace_id: ref.workspaceId, id: ref.requestId })
      .update({ needs_attention: false });
  await recordEvent(trx, ref, {
    kind: 'erasure_verified',
    details: { erasureId, result, ...searched, residuals: residuals.reduce((sum, { count }) => sum + count, 0) },
  });
}
