/** The journal of a hold: all that happened to it, in codes, dates and what a change replaced. Nothing in it is ever changed. */
import type { HoldRef } from '../../domain/holds.ts';
import type { Transaction } from '../database.ts';

export interface HoldEvent {
  readonly kind: 'placed' | 'effective_in_source' | 'effective' | 'changed' | 'released' | 'release_told';
  /** Undefined for what Steward does by itself. */
  readonly actor?: string | undefined;
  readonly details?: Readonly<Record<string, string | number | null>>;
}

export interface HoldEventRecord {
  readonly at: Date;
  readonly kind: HoldEvent['kind'];
  readonly actor: string | null;
  readonly details: NonNullable<HoldEvent['details']>;
}

interface JournalRow {
  readonly at: Date;
  readonly actor: string | null;
  readonly change: Pick<HoldEventRecord, 'kind' | 'details'>;
}

export async function writeJournal(
  trx: Transaction,
  { workspaceId, holdId }: HoldRef,
  event: HoldEvent,
): Promise<void> {
  const { kind, actor, details = {} } = event;
  await trx('hold_journal').insert({
    workspace_id: workspaceId,
    hold_id: holdId,
    actor: actor ?? null,
    change: JSON.stringify({ kind, details }),
  });
}

/** Oldest first. */
export async function readJournal(
  trx: Transaction,
  { workspaceId, holdId }: HoldRef,
): Promise<readonly HoldEventRecord[]> {
  const rows = await trx('hold_journal')
    .where({ workspace_id: workspaceId, hold_id: holdId })
    .orderBy('id')
    .select<JournalRow[]>('at', 'actor', 'change');
  return rows.map(({ at, actor, change }) => ({ at, actor, ...change }));
}
