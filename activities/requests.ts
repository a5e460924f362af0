/** Steps of a request that need the database or the controller's mailbox, but no data source. */
import { NotFound } from '../domain/errors.ts';
import { isFinal } from '../domain/request.ts';
import type { RequestOutcome, RequestStatus, RequestType } from '../domain/request.ts';
import type { Reminder, RequestRef, RequestResult } from '../domain/runs.ts';
import type { Transaction } from '../platform/database.ts';
import { deleteAttachments } from '../platform/records/attachments.ts';
import { cancelTasks } from '../platform/records/manual-tasks.ts';
import { moveRequest, recordEvent } from '../platform/records/request-progress.ts';
import type { ObjectStorage } from '../platform/storage/storage.ts';
import { mailOnce, occasion, remind } from './request-mail.ts';
import type { Occasions, RequestMailDeps } from './request-mail.ts';

export interface RequestActivityDeps extends RequestMailDeps {
  readonly storage: ObjectStorage;
}

export type RequestActivities = ReturnType<typeof createRequestActivities>;

interface RequestRow {
  readonly type: RequestType;
  readonly status: RequestStatus;
  readonly outcome: RequestOutcome | null;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
}

export function createRequestActivities(deps: RequestActivityDeps) {
  const { db } = deps;
  return {
    /**
     * True when the request has an instruction that is in force and covers its type. Otherwise the request waits, and
     * what it waits for stands in its row.
     */
    async checkInstruction(ref: RequestRef): Promise<boolean> {
      return db.withTenant(ref.workspaceId, async (trx) => {
        const request = await readRequest(trx, ref);
        const valid = await hasValidInstruction(trx, ref, request);
        if (!valid) await moveRequest(trx, ref, { to: 'awaiting_instruction' });
        return valid;
      });
    },

    /** Moves on to delivery; a request that was cancelled meanwhile answers with a conflict, and nothing is handed over. */
    async beginDelivery(ref: RequestRef): Promise<void> {
      await db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'delivering' }));
    },

    /** What people attached is in the package now, and nowhere else when the request has ended. */
    async closeRequest(ref: RequestRef, outcome: 'fulfilled' | 'partially_fulfilled' | 'no_data'): Promise<void> {
      await deleteAttachments(deps.storage, ref);
      await db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'completed', outcome }));
    },

    /**
     * Ends a request that was cancelled: what was packed is thrown away, links stop working. When the request had ended
     * before the cancellation came, its outcome stands.
     */
    async withdrawRequest(ref: RequestRef): Promise<RequestResult> {
      const { status, outcome } = await db.withTenant(ref.workspaceId, (trx) => readRequest(trx, ref));
      if (isFinal(status) && outcome !== null) return { outcome };
      await discardPackage(deps, ref);
      await deleteAttachments(deps.storage, ref);
      await db.withTenant(ref.workspaceId, async (trx) => {
        await cancelTasks(trx, ref);
        // Erasing has not begun, or the transition table would not lead to the end that follows.
        await trx('erasures')
          .where({ workspace_id: ref.workspaceId, request_id: ref.requestId })
          .whereNull('closed_at')
          .update({ closed_at: trx.fn.now() });
        await moveRequest(trx, ref, { to: 'cancelled', outcome: 'withdrawn' });
      });
      return { outcome: 'withdrawn' };
    },

    /** Removes a request's package and its links, if there is one. */
    async discardPackage(ref: RequestRef): Promise<void> {
      await discardPackage(deps, ref);
    },

    /** Throws a package away that is to be built again with what was decided to be kept back. */
    async beginRebuild(ref: RequestRef): Promise<void> {
      await db.withTenant(ref.workspaceId, (trx) => moveRequest(trx, ref, { to: 'packaging' }));
      await discardPackage(deps, ref);
    },

    /** Confirms to the controller that the request has arrived (11 CCR 7021(a) asks for it within 10 business days). */
    async acknowledgeRequest(ref: RequestRef): Promise<void> {
      await mailOnce(deps, ref, { dedupe: 'acknowledged', kind: 'acknowledged', subject: 'was received', lines: [] });
    },

    /** Tells the controller that a request waits for its instruction. */
    async remindController(
      ref: Occasions,
      reminder: { readonly ordinal: number; readonly overdue: boolean },
    ): Promise<void> {
      await mailOnce(deps, ref, {
        dedupe: `reminder-${occasion(ref, reminder.ordinal)}`,
        kind: 'reminder_sent',
        subject: reminder.overdue ? 'is overdue and waits for your instruction' : 'waits for your instruction',
        lines: [
          'It goes no further until you instruct us to carry it out, by the console or by',
          `POST ${deps.publicUrl}/v1/requests/${ref.requestId}/instruction.`,
        ],
      });
    },

    /** Asks, or asks again, whoever the request waits for. */
    async remindPeople(ref: Occasions, reminder: Reminder): Promise<void> {
      await remind(deps, ref, reminder);
    },
  };
}

async function readRequest(trx: Transaction, ref: RequestRef): Promise<RequestRow> {
  const row = await trx('requests')
    .where({ workspace_id: ref.workspaceId, id: ref.requestId })
    .first<RequestRow | undefined>();
  if (!row) throw new NotFound(`There is no request ${ref.requestId}.`);
  return row;
}

async function hasValidInstruction(trx: Transaction, ref: RequestRef, request: RequestRow): Promise<boolean> {
  if (request.instruction_id === null) return false;
  const found = await trx('instructions')
    .where({ workspace_id: ref.workspaceId, id: request.instruction_id, version: request.instruction_version })
    .whereNull('revoked_at')
    .where('valid_from', '<=', trx.fn.now())
    .whereRaw("coalesce(valid_until, 'infinity') > now()")
    .whereRaw('? = ANY(request_types)', [request.type])
    .first('id');
  return found !== undefined;
}

async function discardPackage(deps: RequestActivityDeps, ref: RequestRef): Promise<void> {
  const owner = { workspace_id: ref.workspaceId, request_id: ref.requestId };
  const found = await deps.db.withTenant(ref.workspaceId, (trx) =>
    trx('packages').where(owner).first<{ id: string; storage_key: string } | undefined>('id', 'storage_key'),
  );
  if (!found) return;
  await deps.storage.delete(found.storage_key);
  await deps.db.withTenant(ref.workspaceId, async (trx) => {
    const now = new Date();
    await trx('packages').where(owner).update({ status: 'deleted', deleted_at: now });
    await trx('links')
      .where({ workspace_id: ref.workspaceId, package_id: found.id })
      .whereNull('revoked_at')
      .update({ revoked_at: now });
    await recordEvent(trx, ref, { kind: 'package_discarded', details: { packageId: found.id } });
  });
}
