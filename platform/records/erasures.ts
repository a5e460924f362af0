/** Erasures of requests: opening one for each run, and the decisions of its plans. */
import { randomUUID } from 'node:crypto';
import type { Decision } from '../../domain/retention/decide.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import { countOf } from './paging.ts';
import type { ErasureRow } from './erasure-review.ts';
import { pendingDecisions } from './erasure-review.ts';

/** All records of a collection that have the same grounds. */
export interface PlannedDecision {
  readonly source: string;
  /** Its name in the map. */
  readonly collection: string;
  readonly recordClass: string;
  readonly combination: string;
  readonly decision: Decision;
  readonly rows: number;
  readonly endsFirst: Date | 'open' | undefined;
  readonly endsLast: Date | 'open' | undefined;
  readonly approvalsNeeded: number;
}

export interface NewPlan {
  readonly mapVersion: string;
  readonly scheduleVersion: string;
  /** By source, from before the holds were read. */
  readonly epochs: ReadonlyMap<string, bigint>;
  /** Of the workspace. */
  readonly jurisdictions: readonly string[];
  /** When what it goes by was read. */
  readonly plannedAt: Date;
  readonly decisions: readonly PlannedDecision[];
}

/** The open erasure of the request, which it has one of; another one after the last was closed. */
export async function openErasure(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<string> {
  const of = { workspace_id: workspaceId, request_id: requestId };
  // Whoever opens another one at the same time waits here for the first. No stronger lock: whoever writes a message of the
  // request keeps its key, and may wait for the audit log that we hold.
  await trx('requests').where({ workspace_id: workspaceId, id: requestId }).forNoKeyUpdate().first('id');
  const open = await trx('erasures').where(of).whereNull('closed_at').first<{ id: string } | undefined>('id');
  if (open) return open.id;
  const last = await trx('erasures').where(of).max<{ ordinal: number | null }[]>({ ordinal: 'ordinal' });
  const id = randomUUID();
  await trx('erasures').insert({ ...of, id, ordinal: (last[0]?.ordinal ?? 0) + 1 });
  return id;
}

/** Writes a plan down in the place of the last one; answers its generation and how many decisions wait for words. */
export async function savePlan(
  trx: Transaction,
  { workspaceId, requestId }: RequestRef,
  erasureId: string,
  plan: NewPlan,
): Promise<{ readonly generation: number; readonly pending: number }> {
  const own = { workspace_id: workspaceId, id: erasureId };
  const [erasure] = await trx('erasures')
    .where(own)
    .update({
      generation: trx.raw('generation + 1'),
      map_version: plan.mapVersion,
      schedule_version: plan.scheduleVersion,
      epochs: JSON.stringify(Object.fromEntries([...plan.epochs].map(([source, epoch]) => [source, String(epoch)]))),
      jurisdictions: [...plan.jurisdictions],
      planned_at: plan.plannedAt,
    })
    .returning<ErasureRow[]>('*');
  if (erasure === undefined) throw new TypeError('The erasure is gone.');
  const { generation } = erasure;
  await voidApprovals(trx, erasure, plan.decisions);
  for (const chunk of chunks(plan.decisions, 500))
    await trx('decisions')
      .insert(chunk.map((each) => decisionRow(each, { workspaceId, requestId }, erasureId, plan, generation)))
      .onConflict(['workspace_id', 'erasure_id', 'source', 'collection', 'combination'])
      .merge(MERGED);
  return { generation, pending: await countOf(pendingDecisions(trx, erasure)) };
}

const MERGED = [
  ...['record_class', 'decision', 'grounds', 'map_version', 'retain_until', 'rows', 'keeps', 'doubts'],
  ...['ends_first', 'ends_last', 'approvals_needed', 'generation'],
];

interface DecidedRow {
  readonly id: string;
  readonly source: string;
  readonly collection: string;
  readonly combination: string;
  readonly decision: Decision['decision'];
  readonly keeps: readonly string[];
  readonly rows: string;
  readonly generation: number;
}

/**
 * What people said of a decision stands while it stays what it was and is about no more records than before; of one that had
 * gone meanwhile it does not.
 */
async function voidApprovals(
  trx: Transaction,
  { workspace_id, id, generation }: ErasureRow,
  decisions: readonly PlannedDecision[],
): Promise<void> {
  const earlier: DecidedRow[] = await trx('decisions')
    .where({ workspace_id, erasure_id: id })
    .select('id', 'source', 'collection', 'combination', 'decision', 'keeps', 'rows', 'generation');
  const planned = new Map(decisions.map((each) => [nameOf(each), each]));
  const changed = earlier.filter((before) => {
    const now = planned.get(nameOf(before));
    return now === undefined || before.generation < generation - 1 || !isCovered(before, now);
  });
  for (const chunk of chunks(changed, 500))
    await trx('decision_approvals')
      .where({ workspace_id })
      .whereIn(
        'decision_id',
        chunk.map((each) => each.id),
      )
      .whereNull('voided_at')
      .update({ voided_at: trx.fn.now() });
}

const nameOf = ({ source, collection, combination }: Pick<DecidedRow, 'source' | 'collection' | 'combination'>) =>
  JSON.stringify([source, collection, combination]);

function isCovered(before: DecidedRow, { decision: { decision, keeps }, rows }: PlannedDecision): boolean {
  return (
    before.decision === decision &&
    Number(before.rows) >= rows &&
    JSON.stringify(before.keeps) === JSON.stringify(keeps)
  );
}

function decisionRow(
  { source, collection, recordClass, combination, decision, rows, ...each }: PlannedDecision,
  { workspaceId, requestId }: RequestRef,
  erasureId: string,
  { mapVersion }: NewPlan,
  generation: number,
): object {
  return {
    id: randomUUID(),
    workspace_id: workspaceId,
    request_id: requestId,
    erasure_id: erasureId,
    source,
    collection,
    record_class: recordClass,
    combination,
    decision: decision.decision,
    grounds: JSON.stringify(decision.grounds),
    map_version: mapVersion,
    retain_until: dateOf(decision.end),
    rows,
    keeps: decision.keeps,
    doubts: decision.doubts,
    ends_first: dateOf(each.endsFirst),
    ends_last: dateOf(each.endsLast),
    approvals_needed: each.approvalsNeeded,
    generation,
  };
}

const dateOf = (end: Date | 'open' | undefined): Date | null => (end instanceof Date ? end : null);

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** The ids of the present plan's decisions, by source, collection and combination. */
export async function decisionIds(
  trx: Transaction,
  workspaceId: string,
  erasureId: string,
  generation: number,
): Promise<(of: Pick<PlannedDecision, 'source' | 'collection' | 'combination'>) => string | undefined> {
  const rows: DecidedRow[] = await trx('decisions')
    .where({ workspace_id: workspaceId, erasure_id: erasureId, generation })
    .select('id', 'source', 'collection', 'combination');
  const ids = new Map(rows.map((row) => [nameOf(row), row.id]));
  return (of) => ids.get(nameOf(of));
}
