/** The records of an erasure, from the plan that was approved to the last batch in each source. */
import type { ClientBase } from 'pg';
import type { DataMap } from '../../data-map/model.ts';
import type { Plan } from '../../data-map/plan.ts';
import type { Erased } from '../../domain/erasure.ts';
import { FenceRaised } from '../../domain/errors.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { requireKey } from '../../platform/keys.ts';
import { leafPads } from '../../platform/leaf-key.ts';
import type { LeafPads } from '../../platform/leaf-key.ts';
import { IS_PENDING, currentDecisions, requireErasure } from '../../platform/records/erasure-review.ts';
import type { ErasureRow } from '../../platform/records/erasure-review.ts';
import type { Sources } from '../../platform/sources.ts';
import type { Control } from '../packaging/control.ts';
import { requireConnected } from './connected.ts';
import { eraseSource } from './erase-batches.ts';
import { readErasable } from './erasable.ts';
import { ErasingProgress, readFigures } from './erasing-progress.ts';
import type { ErasingFigures } from './erasing-progress.ts';
import { failPoint } from './fail-points.ts';
import { areApproved, freezeSource } from './freeze.ts';
import type { ApprovedDecision, FoundGroup } from './freeze.ts';
import { readLedger } from './ledger.ts';

export interface CarryOutDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
}

/** A source in whose open transaction every row that was found has its combination of grounds. */
export interface Weighed {
  readonly source: string;
  readonly client: ClientBase;
  readonly plan: Plan;
  readonly tenantKey: string;
  readonly epoch: bigint;
  readonly groups: readonly FoundGroup[];
}

/** What is to be erased by, as it is now. */
interface Prepared {
  /** Of the sources that know the workspace. */
  readonly plans: readonly Plan[];
  /** Finds and weighs, and commits what `work` has written. Throws FenceRaised when a hold was placed meanwhile. */
  weigh<T>(work: (weighed: readonly Weighed[]) => Promise<T>, signal: AbortSignal): Promise<T>;
}

export type Prepare = (erasureId: string) => Promise<Prepared>;

interface Order {
  readonly erasure: ErasureRow;
  readonly keyId: string;
  readonly approved: readonly ApprovedDecision[];
  /** Whether every decision of the plan has the words that it needs. */
  readonly isWhole: boolean;
}

/**
 * Answers what stands in the ledgers, whichever attempt or plan erased it. Throws Unavailable also while a source that was
 * planned is not connected.
 */
export async function eraseRecords(
  deps: CarryOutDeps,
  ref: RequestRef,
  control: Control,
  prepare: Prepare,
): Promise<Erased> {
  const order = await deps.db.withTenant(ref.workspaceId, (trx) => begin(trx, deps.ring, ref));
  requireConnected(deps.sources, order.erasure);
  const progress = new ErasingProgress();
  const stopBeating = control.beat(() => progress.figures);
  const stopSaving = progress.keepSaving((figures) => saveFigures(deps.db, order.erasure, figures));
  try {
    const prepared = await prepare(order.erasure.id);
    const plans = prepared.plans.filter(({ source }) => deps.sources.canErase(source));
    const carrying = { deps, order, ref, control, prepared, plans, progress };
    const isFrozen = (await areFrozen(carrying)) || (await freezeAll(carrying));
    const outcome = isFrozen ? await eraseAll(carrying) : 'stale';
    if (outcome === 'erased') await deps.db.withTenant(ref.workspaceId, (trx) => recordErased(trx, order.erasure));
    return { outcome, ...(await totals(carrying)) };
  } finally {
    stopBeating();
    await stopSaving();
  }
}

async function saveFigures(
  db: Database,
  { workspace_id, id }: ErasureRow,
  { rows, of }: ErasingFigures,
): Promise<void> {
  await db.withTenant(workspace_id, async (trx) => {
    await trx('erasures').where({ workspace_id, id }).update({ erasing_rows: rows, erasing_of: of });
  });
}

interface Carrying {
  readonly deps: CarryOutDeps;
  readonly order: Order;
  readonly ref: RequestRef;
  readonly control: Control;
  readonly prepared: Prepared;
  readonly plans: readonly Plan[];
  readonly progress: ErasingProgress;
}

async function begin(trx: Transaction, ring: KeyRing, ref: RequestRef): Promise<Order> {
  const erasure = await requireErasure(trx, ref);
  const own = { workspace_id: erasure.workspace_id, id: erasure.id };
  const [row] = await trx('erasures')
    .where(own)
    .update({
      // One key for all leaves of an erasure, also when it was rotated between two plans.
      leaf_key_id: trx.raw('coalesce(leaf_key_id, ?)', [ring.current('tombstone').id]),
      begun_at: trx.raw('coalesce(begun_at, now())'),
      sources: trx.raw('ARRAY(SELECT unnest(sources) UNION SELECT jsonb_object_keys(epochs))'),
    })
    .returning<{ leaf_key_id: string; sources: readonly string[] }[]>(['leaf_key_id', 'sources']);
  const rows = await currentDecisions(trx, erasure).select<readonly (DecisionRow & { pending: boolean })[]>(
    ...['source', 'collection', 'combination', 'decision', 'keeps', 'rows'],
    trx.raw(`${IS_PENDING} AS pending`),
  );
  return {
    erasure: { ...erasure, sources: row?.sources ?? [] },
    keyId: row?.leaf_key_id ?? '',
    approved: rows.filter(({ pending }) => !pending).map((each) => ({ ...each, rows: Number(each.rows) })),
    isWhole: rows.every(({ pending }) => !pending),
  };
}

type DecisionRow = Omit<ApprovedDecision, 'rows'> & { readonly rows: string };

const padsOf = ({ deps, order, ref }: Carrying): LeafPads =>
  leafPads(requireKey(deps.ring, 'tombstone', order.keyId), ref.workspaceId);

/** Whether every source has the present plan, so that it need not be found and weighed again: half of it may be gone. */
async function areFrozen({ deps, order, plans, control }: Carrying): Promise<boolean> {
  for (const { source } of plans) {
    const erasure = await deps.sources.withEraser(source, (client) => readFrozen(client, order), control.signal);
    if (erasure?.generation !== order.erasure.generation) return false;
  }
  return true;
}

interface FrozenRow {
  readonly generation: number;
  readonly epoch: string;
  readonly tenant: string;
}

async function readFrozen(client: ClientBase, { erasure }: Order): Promise<FrozenRow | undefined> {
  const { rows } = await client.query<FrozenRow>(
    'SELECT generation, epoch, tenant FROM steward.erasures WHERE erasure_id = $1',
    [erasure.id],
  );
  return rows[0];
}

/** Answers false when something is there that nobody approved, or a hold was placed; then nothing was written. */
async function freezeAll(carrying: Carrying): Promise<boolean> {
  if (!carrying.order.isWhole) return false;
  try {
    const isFrozen = await freezeWeighed(carrying);
    failPoint('freeze.after_commit');
    return isFrozen;
  } catch (error) {
    if (error instanceof FenceRaised) return false;
    throw error;
  }
}

function freezeWeighed(carrying: Carrying): Promise<boolean> {
  const { deps, order, prepared, control } = carrying;
  return prepared.weigh(async (weighed) => {
    if (
      !areApproved(
        weighed.flatMap(({ groups }) => groups),
        order.approved,
      )
    )
      return false;
    for (const { client, plan, ...each } of weighed) {
      const erasable = await readErasable(client, deps.map, plan);
      const { id: erasureId, generation } = order.erasure;
      await freezeSource(client, erasable, { ...each, erasureId, generation, pads: padsOf(carrying) });
    }
    failPoint('freeze.before_commit');
    return true;
  }, control.signal);
}

async function eraseAll(carrying: Carrying): Promise<Erased['outcome']> {
  const { deps, order, plans, control, progress } = carrying;
  for (const { source } of plans)
    progress.expect(
      await deps.sources.withEraser(source, (client) => readFigures(client, order.erasure.id), control.signal),
    );
  const outcomes: Erased['outcome'][] = [];
  for (const plan of plans) {
    const outcome = await deps.sources.withEraser(
      plan.source,
      async (client) => {
        const frozen = await readFrozen(client, order);
        if (frozen === undefined) return 'erased';
        return eraseSource(client, {
          source: plan.source,
          erasureId: order.erasure.id,
          generation: order.erasure.generation,
          tenantKey: frozen.tenant,
          epoch: BigInt(frozen.epoch),
          pads: padsOf(carrying),
          erasable: await readErasable(client, deps.map, plan),
          signal: control.signal,
          progress: (rows) => progress.add(rows),
        });
      },
      control.signal,
    );
    outcomes.push(outcome);
  }
  return outcomes.includes('stale') ? 'stale' : 'erased';
}

async function totals({ deps, order, plans, control }: Carrying): Promise<Omit<Erased, 'outcome'>> {
  const sum = { erased: 0, pseudonymised: 0 };
  for (const { source } of plans) {
    const entries = await deps.sources.withEraser(
      source,
      (client) => readLedger(client, order.erasure.id),
      control.signal,
    );
    for (const { action, rows } of entries) {
      if (action === 'delete') sum.erased += rows;
      if (action === 'pseudonymise') sum.pseudonymised += rows;
    }
  }
  return sum;
}

async function recordErased(trx: Transaction, { workspace_id, id }: ErasureRow): Promise<void> {
  await trx('erasures').where({ workspace_id, id }).update({ erased_at: trx.fn.now() });
}
