/** How far the sources have been told of a hold, as its run writes it down. */
import type { ErasedBefore, HoldRef, HoldState } from '../../domain/holds.ts';
import { NotFound } from '../../domain/errors.ts';
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';
import { writeJournal } from './hold-journal.ts';
import { awaitDeletions } from './hold-lock.ts';
import { tellReviews } from './told-reviews.ts';

/** A source that is yet to be told. */
export interface UntoldSource {
  readonly source: string;
  /** How it knows the workspace. */
  readonly tenantKey: string;
  /** When the hold was placed. */
  readonly placedAt: Date;
}

/** None for a hold that was released meanwhile: nobody needs to be told any more. */
export async function readUntoldSources(trx: Transaction, ref: HoldRef): Promise<readonly UntoldSource[]> {
  return trx('hold_sources')
    .join('holds', { 'holds.workspace_id': 'hold_sources.workspace_id', 'holds.id': 'hold_sources.hold_id' })
    .join('workspace_sources', {
      'workspace_sources.workspace_id': 'hold_sources.workspace_id',
      'workspace_sources.source': 'hold_sources.source',
    })
    .where({
      'hold_sources.workspace_id': ref.workspaceId,
      'hold_sources.hold_id': ref.holdId,
      'hold_sources.state': 'pending',
      'holds.state': 'pending',
    })
    .orderBy('hold_sources.source')
    .select<UntoldSource[]>({
      source: 'hold_sources.source',
      tenantKey: 'workspace_sources.tenant_key',
      placedAt: 'holds.created_at',
    });
}

/** What a source said when its fence was raised. */
export interface FenceRaising {
  /** Undefined of a source in which nothing is erased. */
  readonly epoch: bigint | undefined;
  readonly erasuresUnderWay: readonly string[];
  readonly erasedBefore: readonly ErasedBefore[];
}

export async function recordRaised(
  trx: Transaction,
  ref: HoldRef,
  source: string,
  { epoch, erasuresUnderWay, erasedBefore }: FenceRaising,
): Promise<void> {
  const changed = await trx('hold_sources')
    .where({ workspace_id: ref.workspaceId, hold_id: ref.holdId, source, state: 'pending' })
    .update({
      state: 'effective',
      epoch: epoch?.toString() ?? null,
      effective_at: trx.fn.now(),
      erasures_before: [...erasuresUnderWay],
      erased_before: JSON.stringify(erasedBefore),
    });
  if (changed === 0) return;
  const rows = erasedBefore.reduce((sum, each) => sum + each.rows, 0);
  const details = { source, erasuresUnderWay: erasuresUnderWay.length, rowsErasedBefore: rows };
  await writeJournal(trx, ref, { kind: 'effective_in_source', details });
}

/**
 * Marks a hold as effective when every source is, and tells the reviews that are open, which were planned without it. Being
 * effective or released already is no error, for activities are repeated. Answers what the hold is. Throws NotFound.
 */
export async function confirmEffective(trx: Transaction, ref: HoldRef): Promise<HoldState> {
  await awaitDeletions(trx, ref.workspaceId);
  const hold = await trx('holds')
    .where({ workspace_id: ref.workspaceId, id: ref.holdId })
    .forUpdate()
    .first<{ state: HoldState } | undefined>('state');
  if (!hold) throw new NotFound(`There is no hold ${ref.holdId}.`);
  if (hold.state !== 'pending' || (await readUntoldSources(trx, ref)).length > 0) return hold.state;
  await trx('holds')
    .where({ workspace_id: ref.workspaceId, id: ref.holdId })
    .update({ state: 'effective', effective_at: trx.fn.now() });
  await tellReviews(trx, ref.workspaceId);
  await writeJournal(trx, ref, { kind: 'effective' });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: 'hold.effective',
    subject: { kind: 'hold', id: ref.holdId },
  });
  return 'effective';
}
