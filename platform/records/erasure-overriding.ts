/** Making overrides of what the schedule says, and taking them back. Each leaves a message, for the request is planned again. */
import { randomUUID } from 'node:crypto';
import { overrideContext } from '../../domain/contexts.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { HeldRecord } from '../../domain/holds.ts';
import type { OverrideKind } from '../../domain/retention/grounds.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { leaveMessage } from '../outbox.ts';
import { requireRight } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { openDataKey } from './data-keys.ts';
import { overridesInForce, overridesOf } from './erasure-overrides.ts';
import type { OverrideRow } from './erasure-overrides.ts';
import { lockErasureReview } from './erasure-review.ts';
import type { LockedReview } from './erasure-review.ts';
import type { InstructionRef } from './instructions.ts';
import { requireOverridable, requireRecordOfReview } from './overridable.ts';
import type { Overridable } from './overridable.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';

/** Of a ground, in all records that have it, or of one record, which can only be kept. */
export type OverrideTarget = { readonly kind: OverrideKind; readonly ground: string } | { readonly record: HeldRecord };

export interface NewOverride {
  readonly target: OverrideTarget;
  readonly reason: string;
  readonly instruction: NamedInstruction | undefined;
}

const OPEN = ['awaiting_approval', 'cooling_off'] as const;

/**
 * Answers the override's id. Throws NotFound; InvalidInput when the review has no such ground or record, or nothing would
 * change; Conflict against a hold, a ground that nobody may override, or beside another override of the same; WrongParty
 * when the ground is the other party's to judge.
 */
export async function addOverride(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  wish: NewOverride,
  repeat: Repeat,
): Promise<string> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const id = randomUUID();
    const earlier = await claimKey(trx, caller, repeat, id);
    if (earlier !== undefined) return earlier;
    const review = await lockErasureReview(trx, caller, requestId, OPEN);
    const over = await requireTarget(trx, caller, review, wish.target);
    const right = { inRightOf: over.inRightOf, named: wish.instruction };
    const instruction = await requireRight(trx, caller, review.request, right);
    await requireSole(trx, { workspaceId: caller.workspaceId, requestId }, wish.target);
    await insertOverride(trx, ring, caller, review, { ...wish, ...over, id, instruction });
    await note(trx, caller, requestId, 'override_added', instruction, { overrideId: id, kind: kindOf(wish.target) });
    return id;
  });
}

const kindOf = (target: OverrideTarget): OverrideKind => ('record' in target ? 'keep' : target.kind);

function requireTarget(
  trx: Transaction,
  caller: Caller,
  { erasure }: LockedReview,
  target: OverrideTarget,
): Promise<Overridable> {
  return 'ground' in target
    ? requireOverridable(trx, caller, erasure, target)
    : requireRecordOfReview(trx, erasure, target.record);
}

/** Two on one ground would say the same twice, or contradict each other. */
async function requireSole(trx: Transaction, ref: RequestRef, target: OverrideTarget): Promise<void> {
  const same = overridesInForce(trx, ref);
  if ('ground' in target) void same.where({ ground: target.ground });
  else
    void same
      .where({ collection: target.record.collection })
      .whereRaw('row_key = ?::jsonb', [JSON.stringify(target.record.key)]);
  const other = await same.first<{ id: string; kind: OverrideKind } | undefined>('override.id', 'override.kind');
  if (other)
    throw new Conflict(`Override ${other.id} (${other.kind}) is about the same; withdraw it first.`, {
      resourceId: other.id,
    });
}

interface CheckedOverride extends Omit<NewOverride, 'instruction'>, Overridable {
  readonly id: string;
  readonly instruction: InstructionRef;
}

async function insertOverride(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, principal }: Caller,
  { request, erasure }: LockedReview,
  { id, target, reason, inRightOf, visibility, instruction }: CheckedOverride,
): Promise<void> {
  const dataKey = await openDataKey(trx, ring, workspaceId, request.data_key_id);
  await trx('erasure_overrides').insert({
    id,
    workspace_id: workspaceId,
    erasure_id: erasure.id,
    kind: kindOf(target),
    ...('ground' in target
      ? { ground: target.ground }
      : { collection: target.record.collection, row_key: JSON.stringify(target.record.key) }),
    sealed_reason: sealText(dataKey, reason, overrideContext(id)),
    principal_id: principal.id,
    party: principal.party,
    in_right_of: inRightOf,
    visibility,
    instruction_id: instruction.id,
    instruction_version: instruction.version,
  });
}

/** Takes an override back; one that was withdrawn before stays so. Throws NotFound, and what `addOverride` throws. */
export async function withdrawOverride(
  db: Database,
  caller: Caller,
  requestId: string,
  id: string,
  named: NamedInstruction | undefined,
): Promise<void> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  await db.withTenant(caller.workspaceId, async (trx) => {
    const { request } = await lockErasureReview(trx, caller, requestId, OPEN);
    const found = await overridesOf(trx, ref).where({ 'override.id': id }).first<OverrideRow | undefined>('override.*');
    if (!found || !maySee(caller.principal.party, found.visibility))
      throw new NotFound(`Request ${requestId} has no override ${id}.`);
    const instruction = await requireRight(trx, caller, request, { inRightOf: found.in_right_of, named });
    if (found.withdrawn_at) return;
    await trx('erasure_overrides')
      .where({ workspace_id: caller.workspaceId, id })
      .update({ withdrawn_at: trx.fn.now(), withdrawn_by: caller.principal.id });
    await note(trx, caller, requestId, 'override_withdrawn', instruction, { overrideId: id, kind: found.kind });
  });
}

async function note(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  requestId: string,
  kind: 'override_added' | 'override_withdrawn',
  instruction: InstructionRef,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  const ref = { workspaceId, requestId };
  await recordEvent(trx, ref, { kind, actor: principal.id, details });
  await leaveMessage(trx, ref, 'review');
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: `erasure.${kind}`,
    subject: { kind: 'request', id: requestId },
    instruction,
    details,
  });
}
