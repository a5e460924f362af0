/** Erasures of the retention review: of what is automatic in a class, or of a proposal that people approved. */
import { randomUUID } from 'node:crypto';
import type { ReviewedClass } from '../../domain/retention/review.ts';
import type { Transaction } from '../database.ts';
import type { Journal } from '../erasure-journal.ts';

export interface DisposalRow {
  readonly id: string;
  readonly generation: number;
  readonly leaf_key_id: string;
  readonly journal: Journal | null;
  /** Why: a proposal, or undefined where the class is automatic. */
  readonly proposal_id: string | null;
}

/** The one that is open, which an earlier attempt or run began. */
export async function findOpenDisposal(
  trx: Transaction,
  { workspaceId, recordClass }: Omit<ReviewedClass, 'reviewId'>,
  proposalId: string | undefined,
): Promise<DisposalRow | undefined> {
  return trx('erasures')
    .where({ workspace_id: workspaceId, record_class: recordClass, proposal_id: proposalId ?? null })
    .whereNotNull('review_id')
    .whereNull('closed_at')
    .first<DisposalRow | undefined>();
}

/** Classes with one that is open. */
export async function classesUnderDisposal(trx: Transaction, workspaceId: string): Promise<readonly string[]> {
  const rows = await trx('erasures')
    .where({ workspace_id: workspaceId })
    .whereNotNull('review_id')
    .whereNull('closed_at')
    .select<{ record_class: string }[]>('record_class');
  return rows.map(({ record_class }) => record_class);
}

export interface DisposalPlan {
  readonly mapVersion: string;
  readonly scheduleVersion: string;
  readonly epochs: ReadonlyMap<string, bigint>;
  readonly plannedAt: Date;
  readonly leafKeyId: string;
}

/** Opens one, or goes on with the open one, under a plan of the next generation. */
export async function planDisposal(
  trx: Transaction,
  { workspaceId, reviewId, recordClass }: ReviewedClass,
  proposalId: string | undefined,
  plan: DisposalPlan,
): Promise<DisposalRow> {
  const open = await findOpenDisposal(trx, { workspaceId, recordClass }, proposalId);
  const id = open?.id ?? randomUUID();
  if (open === undefined)
    await trx('erasures').insert({
      id,
      workspace_id: workspaceId,
      review_id: reviewId,
      record_class: recordClass,
      proposal_id: proposalId ?? null,
      ordinal: 1,
    });
  const [row] = await trx('erasures')
    .where({ workspace_id: workspaceId, id })
    .update({
      generation: trx.raw('generation + 1'),
      map_version: plan.mapVersion,
      schedule_version: plan.scheduleVersion,
      epochs: JSON.stringify(Object.fromEntries([...plan.epochs].map(([source, epoch]) => [source, String(epoch)]))),
      planned_at: plan.plannedAt,
      // One key for all leaves of an erasure, also when it was rotated between two plans.
      leaf_key_id: trx.raw('coalesce(leaf_key_id, ?)', [plan.leafKeyId]),
      begun_at: trx.raw('coalesce(begun_at, now())'),
    })
    .returning<DisposalRow[]>('*');
  if (row === undefined) throw new TypeError('The erasure is gone.');
  return row;
}

/** Answers whether it was open. */
export async function closeDisposal(trx: Transaction, workspaceId: string, id: string): Promise<boolean> {
  const closed = await trx('erasures')
    .where({ workspace_id: workspaceId, id })
    .whereNull('closed_at')
    .update({ closed_at: trx.fn.now() });
  return closed > 0;
}

/** Evidence of what a run erased. */
export interface DisposalEvidence {
  readonly erasureId: string;
  readonly recordClass: string;
  readonly journal: Journal | null;
}

/** Of the erasures that ended during the run, whichever began them. */
export async function disposalsEndedIn(
  trx: Transaction,
  workspaceId: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly DisposalEvidence[]> {
  const rows = await trx('erasures')
    .where({ workspace_id: workspaceId })
    .whereNotNull('review_id')
    .whereBetween('closed_at', [from, to])
    .orderBy(['closed_at', 'id'])
    .select<{ id: string; record_class: string; journal: Journal | null }[]>('id', 'record_class', 'journal');
  return rows.map(({ id, record_class: recordClass, journal }) => ({ erasureId: id, recordClass, journal }));
}
