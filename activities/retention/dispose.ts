/**
 * Erases what is due of a class, by the engine that erases for requests: frozen under the fence where it was weighed, gone
 * through in batches with their ledger, then the objects, then the journal.
 */
import { areFree } from '../../data-map/retention/free-groups.ts';
import type { FreeGroup } from '../../data-map/retention/free-groups.ts';
import { FenceRaised } from '../../domain/errors.ts';
import type { ReviewedClass } from '../../domain/retention/review.ts';
import { STEWARD_ITSELF, appendAudit } from '../../platform/audit.ts';
import { requireKey } from '../../platform/keys.ts';
import { leafPads } from '../../platform/leaf-key.ts';
import { closeDisposal, findOpenDisposal, planDisposal } from '../../platform/records/disposals.ts';
import type { DisposalRow } from '../../platform/records/disposals.ts';
import { saveErased } from '../../platform/records/retention-reviews.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { endErasureOf, eraseMediaOf } from '../erasing/conclude.ts';
import { eraseSource } from '../erasing/erase-batches.ts';
import { readErasable } from '../erasing/erasable.ts';
import { failPoint } from '../erasing/fail-points.ts';
import { freezeSource } from '../erasing/freeze.ts';
import { readLedger } from '../erasing/ledger.ts';
import type { WeighedSource } from '../erasing/weighed.ts';
import type { Control } from '../packaging/control.ts';
import { prepareReview } from './prepare.ts';
import type { PreparedReview, ReviewDeps } from './prepare.ts';
import { withWeighedDue } from './weigh-due.ts';

export interface DisposeDeps extends ReviewDeps {
  readonly storage: ObjectStorage;
}

export interface DisposalOrder {
  readonly ref: ReviewedClass;
  /** What had ended by then. */
  readonly asOf: Date;
  /** Undefined of what is automatic. */
  readonly proposalId: string | undefined;
  /** Of what nothing keeps, what may go. */
  readonly mayGo: (group: FreeGroup) => boolean;
}

export interface Disposed {
  /** `left`: a hold came, or records have changed or appeared, more often than it was tried. */
  readonly outcome: 'done' | 'left';
  readonly erased: number;
}

/** A plan that is out of date is made again so often; then it is left to the next run. */
const PLANS = 3;

/** Also goes on with one that an earlier attempt or run began. Throws what the engine throws while a source is away. */
export async function dispose(deps: DisposeDeps, order: DisposalOrder, control: Control): Promise<Disposed> {
  const { workspaceId, recordClass } = order.ref;
  const begun = await deps.db.withTenant(workspaceId, (trx) =>
    findOpenDisposal(trx, { workspaceId, recordClass }, order.proposalId),
  );
  // All of it was erased and told the journal; some of its targets may be gone already.
  if (begun?.journal?.key.endsWith(`/${begun.generation}`)) return conclude(deps, order, begun, control);
  for (let plans = 1; plans <= PLANS; plans += 1) {
    const erasure = await carryOut(deps, order, control);
    if (erasure !== 'stale')
      return erasure === undefined ? { outcome: 'done', erased: 0 } : conclude(deps, order, erasure, control);
  }
  return { outcome: 'left', erased: 0 };
}

/** Undefined when there was nothing to be erased. */
async function carryOut(
  deps: DisposeDeps,
  order: DisposalOrder,
  control: Control,
): Promise<DisposalRow | 'stale' | undefined> {
  const { workspaceId } = order.ref;
  const prepared = await prepareReview(deps, workspaceId);
  const erasure = await freezeDue(deps, order, prepared, control);
  if (erasure === undefined || erasure === 'stale') return erasure;
  const pads = leafPads(requireKey(deps.ring, 'tombstone', erasure.leaf_key_id), workspaceId);
  let isStale = false;
  for (const { source, tenantKey, plan } of prepared.reviewed) {
    const outcome = await deps.sources.withEraser(
      source,
      async (client) =>
        eraseSource(client, {
          source,
          erasureId: erasure.id,
          generation: erasure.generation,
          tenantKey,
          epoch: prepared.epochs.get(source) ?? 0n,
          pads,
          erasable: await readErasable(client, deps.map, { ...plan, collections: ofClass(prepared, source, order) }),
          signal: control.signal,
        }),
      control.signal,
    );
    isStale ||= outcome === 'stale';
  }
  return isStale ? 'stale' : erasure;
}

/** Undefined when nothing may go and no earlier plan had begun. */
async function freezeDue(
  deps: DisposeDeps,
  order: DisposalOrder,
  prepared: PreparedReview,
  control: Control,
): Promise<DisposalRow | 'stale' | undefined> {
  const { ref, asOf, proposalId, mayGo } = order;
  const { workspaceId, recordClass } = ref;
  try {
    return await withWeighedDue(
      deps,
      prepared,
      { recordClass, asOf },
      async (weighed) => {
        const chosen = weighed.map((each) => ({
          ...each,
          groups: each.groups.filter((group) => areFree(group) && mayGo(group)),
        }));
        const isEmpty = chosen.every(({ groups }) => groups.length === 0);
        const erasure = await deps.db.withTenant(workspaceId, async (trx) => {
          if (isEmpty && (await findOpenDisposal(trx, ref, proposalId)) === undefined) return undefined;
          return planDisposal(trx, ref, proposalId, {
            mapVersion: deps.map.version,
            scheduleVersion: prepared.schedule.version,
            epochs: prepared.epochs,
            plannedAt: prepared.readAt,
            leafKeyId: deps.ring.current('tombstone').id,
          });
        });
        if (erasure !== undefined) for (const each of chosen) await freezeIn(deps, order, prepared, erasure, each);
        failPoint('freeze.before_commit');
        return erasure;
      },
      control.signal,
    );
  } catch (error) {
    if (error instanceof FenceRaised) return 'stale';
    throw error;
  }
}

async function freezeIn(
  deps: DisposeDeps,
  order: DisposalOrder,
  prepared: PreparedReview,
  erasure: DisposalRow,
  { source, client, plan, tenantKey, epoch, groups }: WeighedSource,
): Promise<void> {
  const erasable = await readErasable(client, deps.map, { ...plan, collections: ofClass(prepared, source, order) });
  const pads = leafPads(requireKey(deps.ring, 'tombstone', erasure.leaf_key_id), order.ref.workspaceId);
  const { id: erasureId, generation } = erasure;
  await freezeSource(client, erasable, { erasureId, generation, tenantKey, epoch, pads, groups });
}

/** What stands elsewhere has no say in whether these can be erased: but for what refers to them, which the batches look at. */
function ofClass({ reviewed }: PreparedReview, source: string, { ref }: DisposalOrder) {
  const own = reviewed.find((each) => each.source === source)?.ruled ?? [];
  return own.filter(({ recordClass }) => recordClass === ref.recordClass).map(({ collection }) => collection);
}

/** Idempotent, up to the end that is written once with what was erased. */
async function conclude(
  deps: DisposeDeps,
  { ref, proposalId }: DisposalOrder,
  { id: erasureId }: DisposalRow,
  control: Control,
): Promise<Disposed> {
  const { workspaceId } = ref;
  const own = { workspaceId, erasureId };
  await eraseMediaOf(deps, own, control);
  await endErasureOf(deps, own, control);
  const erased = await readErased(deps, workspaceId, erasureId, control);
  const rows = erased.reduce((sum, each) => sum + each.rows, 0);
  await deps.db.withTenant(workspaceId, async (trx) => {
    if (!(await closeDisposal(trx, workspaceId, erasureId))) return;
    await saveErased(trx, ref, erased);
    await appendAudit(trx, workspaceId, {
      actor: STEWARD_ITSELF,
      action: 'retention.disposed',
      subject: { kind: 'retention_review', id: ref.reviewId },
      details: { erasureId, proposalId: proposalId ?? null, recordClass: ref.recordClass, rows },
    });
  });
  return { outcome: 'done', erased: rows };
}

/** By the ledgers, whichever plan erased it. */
async function readErased({ sources, db }: DisposeDeps, workspaceId: string, erasureId: string, { signal }: Control) {
  const known = await db.withTenant(workspaceId, (trx) =>
    trx('workspace_sources').where({ workspace_id: workspaceId }).select<{ source: string }[]>('source'),
  );
  const erased: { source: string; collection: string; combination: string; rows: number }[] = [];
  for (const { source } of known.filter((each) => sources.canErase(each.source))) {
    const entries = await sources.withEraser(source, (client) => readLedger(client, erasureId), signal);
    for (const { action, collection, rows } of entries)
      if (action === 'delete') erased.push({ source, collection, combination: `erasure ${erasureId}`, rows });
  }
  return erased;
}
