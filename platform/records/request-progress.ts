/** Moves of a request along its statuses, each with its event in the timeline and its line in the audit log. */
import { Conflict } from '../../domain/errors.ts';
import { awaitedIn, isAnswered, predecessors } from '../../domain/request.ts';
import type { RequestOutcome, RequestStatus } from '../../domain/request.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Transaction } from '../database.ts';

export interface TimelineEvent {
  readonly kind: string;
  readonly actor?: string;
  readonly status?: RequestStatus;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** An event with the same word is written once, however often its activity runs. */
  readonly dedupe?: string;
}

/** Writes an event; answers whether it was new. */
export async function recordEvent(trx: Transaction, ref: RequestRef, event: TimelineEvent): Promise<boolean> {
  const written = await trx('request_events')
    .insert({
      workspace_id: ref.workspaceId,
      request_id: ref.requestId,
      kind: event.kind,
      actor: event.actor ?? null,
      status: event.status ?? null,
      details: JSON.stringify(event.details ?? {}),
      dedupe: event.dedupe ?? null,
    })
    .onConflict(['workspace_id', 'request_id', 'dedupe'])
    .ignore()
    .returning<{ id: string }[]>('id');
  return written.length > 0;
}

export interface Move {
  readonly to: RequestStatus;
  /** Needed when `to` is an answer. */
  readonly outcome?: RequestOutcome;
}

/**
 * Moves a request on. Being there already is no error, for activities are repeated. Throws Conflict when the request
 * stands where the transition table does not lead to `to`, as after a cancellation.
 */
export async function moveRequest(trx: Transaction, ref: RequestRef, move: Move): Promise<void> {
  const now = new Date();
  const moved = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .whereIn('status', predecessors(move.to))
    .update({
      status: move.to,
      // A request that goes on after its answer keeps the answer.
      ...(isAnswered(move.to) && { outcome: move.outcome ?? null, closed_at: now }),
      waiting_since: awaitedIn(move.to) === undefined ? null : now,
      updated_at: now,
    });
  if (moved === 0) return requireMoved(trx, ref, move.to);
  const details = move.outcome === undefined ? {} : { outcome: move.outcome };
  await recordEvent(trx, ref, { kind: 'status_changed', status: move.to, details });
  await appendAudit(trx, ref.workspaceId, {
    actor: STEWARD_ITSELF,
    action: `request.${move.to}`,
    subject: { kind: 'request', id: ref.requestId },
    details,
  });
}

/** Throws Conflict when a request is not where a step finds it. */
export async function requireStatus(trx: Transaction, ref: RequestRef, status: RequestStatus): Promise<void> {
  const found = await readStatus(trx, ref);
  if (found !== status) throw new Conflict(`Request ${ref.requestId} is ${found} and not ${status}.`);
}

async function requireMoved(trx: Transaction, ref: RequestRef, status: RequestStatus): Promise<void> {
  const found = await readStatus(trx, ref);
  if (found !== status) throw new Conflict(`Request ${ref.requestId} is ${found} and cannot become ${status}.`);
}

async function readStatus(trx: Transaction, ref: RequestRef): Promise<RequestStatus | 'gone'> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<{ status: RequestStatus } | undefined>('status');
  return row?.status ?? 'gone';
}
