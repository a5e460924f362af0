/**
 * Steers a request. The change and the message that tells the run of it are one transaction; the run does the move, so
 * that the status changes in one place.
 */
import { Conflict } from '../../domain/errors.ts';
import { isFinal, mayFollow } from '../../domain/request.ts';
import { appendAudit } from '../audit.ts';
import type { Database } from '../database.ts';
import { leaveMessage } from '../outbox.ts';
import type { Caller } from './caller.ts';
import { auditChoice, chooseInstruction } from './instruction-choice.ts';
import type { InstructionChoice } from './instruction-choice.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';
import { hasErased, lockRequest, takesInstruction } from './requests.ts';

/** Asks for the end of a request; asking again changes nothing. Throws NotFound, and Conflict when it has ended or erases. */
export async function cancelRequest(
  db: Database,
  caller: Caller,
  id: string,
  reason: string | undefined,
): Promise<void> {
  const ref = { workspaceId: caller.workspaceId, requestId: id };
  await db.withTenant(caller.workspaceId, async (trx) => {
    const { status } = await lockRequest(trx, caller, id);
    if (isFinal(status)) throw new Conflict(`The request is ${status}: there is nothing left to cancel.`);
    if (!mayFollow(status, 'cancelled') || (await hasErased(trx, ref)))
      throw new Conflict(`The request is ${status}: erasing has begun and cannot be taken back.`);
    const isNew = await recordEvent(trx, ref, {
      kind: 'cancel_requested',
      actor: caller.principal.id,
      dedupe: 'cancel_requested',
    });
    if (!isNew) return;
    await leaveMessage(trx, ref, 'cancel');
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'request.cancel_requested',
      subject: { kind: 'request', id },
      ...(reason === undefined ? {} : { note: reason }),
    });
  });
}

/**
 * Gives a request its instruction. Throws NotFound; Conflict when it does not wait for one; InvalidInput when the
 * instruction cannot be used.
 */
export async function instructRequest(
  db: Database,
  caller: Caller,
  id: string,
  choice: InstructionChoice,
  repeat: Repeat,
): Promise<void> {
  const ref = { workspaceId: caller.workspaceId, requestId: id };
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, id)) !== undefined) return;
    const request = await lockRequest(trx, caller, id);
    if (!takesInstruction(request))
      throw new Conflict(`The request is ${request.status} and waits for no instruction.`);
    const chosen = await chooseInstruction(trx, caller, choice, { type: request.type, pointer: '/id' });
    await trx('requests')
      .where({ workspace_id: caller.workspaceId, id })
      .update({ instruction_id: chosen.ref.id, instruction_version: chosen.ref.version, updated_at: new Date() });
    const details = { instructionId: chosen.ref.id, instructionVersion: chosen.ref.version };
    await recordEvent(trx, ref, { kind: 'instruction_given', actor: caller.principal.id, details });
    await leaveMessage(trx, ref, 'instruct');
    await auditChoice(trx, caller, chosen);
    await appendAudit(trx, caller.workspaceId, {
      actor: caller.principal,
      action: 'request.instruction_given',
      subject: { kind: 'request', id },
      instruction: chosen.ref,
    });
  });
}
