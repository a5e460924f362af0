/**
 * What the retention review proposes: all of a class that was due at a moment, for people to approve. An approval is of
 * what was due then, so what comes due while it is thought over takes nothing back and is a proposal of its own.
 */
import { randomUUID } from 'node:crypto';
import type { ProposalState, ReviewedClass } from '../../domain/retention/review.ts';
import type { Transaction } from '../database.ts';

/** Records of a collection that agree in their grounds, and how many people were asked about. */
interface ProposedGroup {
  readonly source: string;
  readonly collection: string;
  readonly combination: string;
  readonly rows: number;
}

export interface ProposalRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly record_class: string;
  readonly review_id: string;
  readonly as_of: Date;
  readonly schedule_version: string;
  readonly state: ProposalState;
  readonly groups: readonly ProposedGroup[];
  readonly rows: string;
  readonly approvals_needed: number;
  readonly revision: number;
  readonly created_at: Date;
  readonly closed_at: Date | null;
  readonly again_at: Date | null;
  readonly erased: string | null;
}

/** A class has one at most that is open. */
export async function openProposal(
  trx: Transaction,
  { workspaceId, recordClass }: Omit<ReviewedClass, 'reviewId'>,
): Promise<ProposalRow | undefined> {
  return trx('retention_proposals')
    .where({ workspace_id: workspaceId, record_class: recordClass })
    .whereNull('closed_at')
    .forUpdate()
    .first<ProposalRow | undefined>();
}

/** Of the proposals that are open. */
export async function openClasses(trx: Transaction, workspaceId: string): Promise<readonly string[]> {
  const rows = await trx('retention_proposals')
    .where({ workspace_id: workspaceId })
    .whereNull('closed_at')
    .select<{ record_class: string }[]>('record_class');
  return rows.map(({ record_class }) => record_class);
}

export interface Due {
  readonly asOf: Date;
  readonly scheduleVersion: string;
  readonly groups: readonly ProposedGroup[];
  readonly approvalsNeeded: number;
}

/**
 * Brings the class's proposal to what is due now. One on which somebody has said a word stays as it is while it can still be
 * carried out; one of which nothing is left lapses. Answers until when people do not want to be asked again, if so.
 */
export async function propose(trx: Transaction, ref: ReviewedClass, due: Due): Promise<Date | undefined> {
  const open = await openProposal(trx, ref);
  if (open !== undefined) {
    const isOutOfDate = open.schedule_version !== due.scheduleVersion;
    if (due.groups.length === 0 || (isOutOfDate && (await isSpokenOf(trx, open)))) await lapse(trx, open);
    else return refresh(trx, ref, open, due);
  }
  const rejected = await rejectedUntil(trx, ref, due.asOf);
  if (due.groups.length > 0 && rejected === undefined) await insert(trx, ref, due);
  return rejected;
}

async function refresh(trx: Transaction, { reviewId }: ReviewedClass, open: ProposalRow, due: Due): Promise<undefined> {
  const isSame = sameGroups(open.groups, due.groups) && open.schedule_version === due.scheduleVersion;
  const isKept = isSame || open.state === 'approved' || (await isSpokenOf(trx, open));
  await of(trx, open).update({
    review_id: reviewId,
    ...(isKept ? {} : { ...written(due), revision: open.revision + 1 }),
  });
}

async function insert(
  trx: Transaction,
  { workspaceId, reviewId, recordClass }: ReviewedClass,
  due: Due,
): Promise<void> {
  await trx('retention_proposals').insert({
    id: randomUUID(),
    workspace_id: workspaceId,
    record_class: recordClass,
    review_id: reviewId,
    state: 'waiting',
    created_at: new Date(),
    ...written(due),
  });
}

function written({ asOf, scheduleVersion, groups, approvalsNeeded }: Due): object {
  return {
    as_of: asOf,
    schedule_version: scheduleVersion,
    groups: JSON.stringify(groups),
    rows: groups.reduce((sum, { rows }) => sum + rows, 0),
    approvals_needed: approvalsNeeded,
  };
}

const of = (trx: Transaction, { workspace_id, id }: Pick<ProposalRow, 'workspace_id' | 'id'>) =>
  trx('retention_proposals').where({ workspace_id, id });

async function isSpokenOf(trx: Transaction, { workspace_id, id }: ProposalRow): Promise<boolean> {
  const word = await trx('proposal_words').where({ workspace_id, proposal_id: id }).whereNull('voided_at').first('id');
  return word !== undefined;
}

/** It can no longer be carried out as it is, or there is nothing left of it. */
export async function lapse(trx: Transaction, proposal: Pick<ProposalRow, 'workspace_id' | 'id'>): Promise<void> {
  await of(trx, proposal).whereNull('closed_at').update({ state: 'lapsed', closed_at: new Date() });
}

export async function carriedOut(
  trx: Transaction,
  proposal: Pick<ProposalRow, 'workspace_id' | 'id'>,
  erased: number,
): Promise<void> {
  await of(trx, proposal).whereNull('closed_at').update({ state: 'carried_out', closed_at: new Date(), erased });
}

async function rejectedUntil(
  trx: Transaction,
  { workspaceId, recordClass }: ReviewedClass,
  asOf: Date,
): Promise<Date | undefined> {
  const row = await trx('retention_proposals')
    .where({ workspace_id: workspaceId, record_class: recordClass, state: 'rejected' })
    .where('again_at', '>', asOf)
    .orderBy('again_at', 'desc')
    .first<{ again_at: Date } | undefined>('again_at');
  return row?.again_at;
}

const sameGroups = (a: readonly ProposedGroup[], b: readonly ProposedGroup[]): boolean => named(a) === named(b);

const named = (groups: readonly ProposedGroup[]): string =>
  JSON.stringify(
    groups
      .map(({ source, collection, combination, rows }) => JSON.stringify([source, collection, combination, rows]))
      .toSorted(),
  );
