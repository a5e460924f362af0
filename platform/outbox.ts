/**
 * The start protocol's second half. A request's row and its message to Temporal are written in one transaction; here the
 * messages are sent, by the API at once or by the worker's sweep when that failed. Sending twice does no harm: starts
 * have a deterministic id, signals carry nothing.
 */
import type { Regime } from '../domain/deadlines.ts';
import type { HoldRef } from '../domain/holds.ts';
import type { Release, RequestType } from '../domain/request.ts';
import type { RequestRef, RequestRun } from '../domain/runs.ts';
import type { ExportRef } from '../domain/workspace-export.ts';
import type { Database, Transaction } from './database.ts';
import type { Temporal } from './temporal/client.ts';

interface Message {
  readonly id: string;
  readonly message: 'start' | 'instruct' | 'cancel' | 'review' | 'release' | 'continue';
}

const REQUEST_SIGNALS = {
  instruct: 'instructionGiven',
  review: 'reviewed',
  cancel: 'cancelRequested',
} as const;

/** What a message is about. */
export type OutboxOwner = RequestRef | ExportRef | HoldRef;

/** Leaves a message for a request's run, in the transaction of what it is about. */
export async function leaveMessage(trx: Transaction, ref: RequestRef, message: Message['message']): Promise<void> {
  await trx('outbox').insert({ workspace_id: ref.workspaceId, request_id: ref.requestId, message });
}

/**
 * Sends what a request, an export or a hold has unsent, in the order written; true when nothing is left to send, false when another process is
 * at it. Throws Unavailable when Temporal is away: the messages stay.
 */
export async function deliverOutbox(db: Database, temporal: Temporal, ref: OutboxOwner): Promise<boolean> {
  return db.withTenant(ref.workspaceId, async (trx) => {
    const waiting = await unsent(trx, ref);
    const mine = await unsent(trx, ref).forUpdate().skipLocked();
    if (mine.length < waiting.length) return false;
    for (const { id, message } of mine) {
      await send(trx, temporal, ref, message);
      await trx('outbox').where({ workspace_id: ref.workspaceId, id }).update({ sent_at: new Date() });
    }
    return true;
  });
}

function unsent(trx: Transaction, ref: OutboxOwner) {
  return trx('outbox')
    .where({ workspace_id: ref.workspaceId })
    .where(ownerColumn(ref))
    .whereNull('sent_at')
    .orderBy('id')
    .select<Message[]>('id', 'message');
}

function ownerColumn(ref: OutboxOwner): Readonly<Record<string, string>> {
  if ('exportId' in ref) return { export_id: ref.exportId };
  return 'holdId' in ref ? { hold_id: ref.holdId } : { request_id: ref.requestId };
}

async function send(
  trx: Transaction,
  temporal: Temporal,
  ref: OutboxOwner,
  message: Message['message'],
): Promise<void> {
  if ('holdId' in ref) return message === 'release' ? temporal.startHoldRelease(ref) : temporal.startHoldPlacement(ref);
  if ('exportId' in ref)
    return message === 'cancel' ? temporal.signalExport(ref.exportId, 'cancelRequested') : temporal.startExport(ref);
  if (message === 'start') return temporal.startRequest(await readRun(trx, ref));
  if (message === 'release') throw new TypeError('Only holds are released.');
  if (message === 'continue')
    return temporal.startRequest({ ...(await readRun(trx, ref)), continues: await countContinuations(trx, ref) });
  return temporal.signalRequest(ref.requestId, REQUEST_SIGNALS[message], await countContinuations(trx, ref));
}

/** An erasure ends with its run, so those that have ended say which run it is now. */
async function countContinuations(trx: Transaction, ref: RequestRef): Promise<number> {
  const row = await trx('erasures')
    .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
    .whereNotNull('closed_at')
    .count<{ count: string }>('* as count')
    .first();
  return Number(row?.count ?? 0);
}

async function readRun(trx: Transaction, ref: RequestRef): Promise<RequestRun> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<{ type: RequestType; regime: Regime; release: Release; legal_due_at: Date; received_by_us_at: Date }>(
      'type',
      'regime',
      'release',
      'legal_due_at',
      'received_by_us_at',
    );
  return {
    ...ref,
    type: row.type,
    regime: row.regime,
    release: row.release,
    legalDueAt: row.legal_due_at.toISOString(),
    receivedAt: row.received_by_us_at.toISOString(),
  };
}

/** Requests, exports and holds with messages that were written at least `olderThanSeconds` ago and never sent, oldest first. */
export async function findUnsent(
  db: Database,
  olderThanSeconds: number,
  limit: number,
): Promise<readonly OutboxOwner[]> {
  const rows = await db.withPlatform((trx) =>
    trx('outbox')
      .whereNull('sent_at')
      .where('created_at', '<', new Date(Date.now() - olderThanSeconds * 1000))
      .groupBy('workspace_id', 'request_id', 'export_id', 'hold_id')
      .orderByRaw('min(id)')
      .limit(limit)
      .select<UnsentRow[]>('workspace_id', 'request_id', 'export_id', 'hold_id'),
  );
  return rows.map(toOwner);
}

function toOwner({ workspace_id: workspaceId, request_id, export_id, hold_id }: UnsentRow): OutboxOwner {
  if (export_id !== null) return { workspaceId, exportId: export_id };
  return hold_id === null ? { workspaceId, requestId: request_id ?? '' } : { workspaceId, holdId: hold_id };
}

interface UnsentRow {
  readonly workspace_id: string;
  readonly request_id: string | null;
  readonly export_id: string | null;
  readonly hold_id: string | null;
}
