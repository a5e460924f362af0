/** Plans an erasure: finds every record of the person, weighs each, and writes down what was decided on them together. */
import { approvalsFor } from '../data-map/erasing/approvals.ts';
import { groundsTable } from '../data-map/erasing/combinations.ts';
import type { ErasureAction, ErasurePlanned } from '../domain/erasure.ts';
import type { RequestRef } from '../domain/runs.ts';
import { isPending, readAlike } from '../platform/records/alike-decisions.ts';
import { storeSamples } from '../platform/records/decision-samples.ts';
import type { SampleRow } from '../platform/records/decision-samples.ts';
import { requireErasure } from '../platform/records/erasure-review.ts';
import { decisionIds, openErasure, savePlan } from '../platform/records/erasures.ts';
import type { PlannedDecision } from '../platform/records/erasures.ts';
import { moveRequest, recordEvent } from '../platform/records/request-progress.ts';
import { prepareWeighing } from './erasing/prepare.ts';
import type { PreparedWeighing, WeighingDeps } from './erasing/prepare.ts';
import { readSamples } from './erasing/samples.ts';
import type { UnerasableSource, WeighedGroup, WeighedSource } from './erasing/weighing.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';

export type ErasurePlanActivities = ReturnType<typeof createErasurePlanActivities>;

export function createErasurePlanActivities(deps: WeighingDeps) {
  return {
    planErasure: (ref: RequestRef): Promise<ErasurePlanned> => planErasure(deps, ref, currentControl()),
  };
}

/**
 * Opens an erasure or goes on with the open one. What people approved of an earlier plan stands as far as it is the same in
 * this one. Throws Conflict when the request has moved on; FenceRaised when a hold was placed meanwhile, so that a repeat
 * sees it; what `prepareWeighing` throws.
 */
export async function planErasure(deps: WeighingDeps, ref: RequestRef, control: Control): Promise<ErasurePlanned> {
  const erasureId = await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await moveRequest(trx, ref, { to: 'planning' });
    return openErasure(trx, ref);
  });
  const stopBeating = control.beat(() => undefined);
  try {
    const prepared = await prepareWeighing(deps, ref, erasureId);
    const found = await prepared.weigh(findings, control.signal);
    return await save(deps, ref, erasureId, prepared, found);
  } finally {
    stopBeating();
  }
}

interface Findings {
  readonly groups: readonly WeighedGroup[];
  readonly samples: ReadonlyMap<WeighedGroup, readonly SampleRow[]>;
  readonly unerasable: readonly UnerasableSource[];
}

/** Samples are for people who decide, so of what needs no decision there are none. */
async function findings(weighed: readonly WeighedSource[], unerasable: readonly UnerasableSource[]): Promise<Findings> {
  const samples = new Map<WeighedGroup, readonly SampleRow[]>();
  for (const { client, tenantKey, groups } of weighed) {
    for (const group of groups) {
      const { collection, combination, decision } = group;
      if (decision.decision === 'retain' && decision.doubts.length === 0) continue;
      const sampled = { collection, combination, tenantKey, groundsTable: groundsTable(collection) };
      samples.set(group, await readSamples(client, sampled));
    }
  }
  return { groups: weighed.flatMap(({ groups }) => groups), samples, unerasable };
}

async function save(
  { db, ring, map }: WeighingDeps,
  ref: RequestRef,
  erasureId: string,
  { schedule, epochs, jurisdictions, readAt }: PreparedWeighing,
  { groups, samples, unerasable }: Findings,
): Promise<ErasurePlanned> {
  const needed = approvalsFor(schedule, groups);
  const plan = {
    mapVersion: map.version,
    scheduleVersion: schedule.version,
    epochs,
    jurisdictions,
    plannedAt: readAt,
    decisions: groups.map((group) => toDecision(group, needed(group))),
  };
  return db.withTenant(ref.workspaceId, async (trx) => {
    // Once more: a request that was cancelled meanwhile keeps the plan that it had.
    await moveRequest(trx, ref, { to: 'planning' });
    const { generation, pending } = await savePlan(trx, ref, erasureId, plan);
    const idOf = await decisionIds(trx, ref.workspaceId, erasureId, generation);
    const named = [...samples].flatMap(([group, rows]) => {
      const id = idOf({ ...group, collection: group.collection.ref });
      return id === undefined || rows.length === 0 ? [] : [[id, rows] as const];
    });
    await storeSamples(trx, ring, ref, new Map(named));
    const planned = { erasureId, generation, ...sums(groups), pending };
    // As the controller tells decisions apart, for the timeline is the controller's to read.
    const shown = (await readAlike(trx, await requireErasure(trx, ref), 'controller')).filter(isPending).length;
    await recordEvent(trx, ref, {
      kind: 'erasure_planned',
      dedupe: `erasure-planned-${erasureId}-${generation}`,
      details: { ...planned, pending: shown, ...notConnected(unerasable) },
    });
    return planned;
  });
}

function toDecision({ collection, ...group }: WeighedGroup, approvalsNeeded: number): PlannedDecision {
  return { ...group, collection: collection.ref, approvalsNeeded };
}

function sums(groups: readonly WeighedGroup[]): Readonly<Record<ErasureAction, number>> {
  const sum = { erase: 0, pseudonymise: 0, retain: 0 };
  for (const { decision, rows } of groups) sum[decision.decision] += rows;
  return sum;
}

/** Sources with records of the person that nobody connected for erasing. */
function notConnected(unerasable: readonly UnerasableSource[]): Readonly<Record<string, string>> {
  const names = unerasable.filter(({ rows }) => Object.keys(rows).length > 0).map(({ source }) => source);
  return names.length === 0 ? {} : { notConnected: names.join(', ') };
}
