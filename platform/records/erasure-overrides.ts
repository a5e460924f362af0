/**
 * Decisions that differ from what the schedule says. They belong to the request: what somebody has decided to keep is kept
 * by its later reviews too, until that is withdrawn. Each takes effect when the request is planned again, which its run does
 * at once.
 */
import { randomUUID } from 'node:crypto';
import { overrideContext } from '../../domain/contexts.ts';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { HeldRecord } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import type { Override, OverrideKind } from '../../domain/retention/grounds.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { openText, sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { leaveMessage } from '../outbox.ts';
import { requireRight } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { openDataKey, openRequestKey } from './data-keys.ts';
import { lockErasureReview } from './erasure-review.ts';
import type { LockedReview } from './erasure-review.ts';
import type { InstructionRef } from './instructions.ts';
import { requireOverridable, requireRecordOfReview } from './overridable.ts';
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

export interface OverrideRecord {
  readonly id: string;
  readonly kind: OverrideKind;
  readonly ground: string | null;
  readonly record: HeldRecord | null;
  readonly reason: string;
  readonly createdBy: string;
  readonly party: Party;
  readonly inRightOf: Party;
  readonly instruction: InstructionRef;
  readonly createdAt: Date;
  readonly withdrawnBy: string | null;
  readonly withdrawnAt: Date | null;
}

interface OverrideRow {
  readonly id: string;
  readonly kind: OverrideKind;
  readonly ground: string | null;
  readonly collection: string | null;
  readonly row_key: HeldRecord['key'] | null;
  readonly sealed_reason: Buffer;
  readonly principal_id: string;
  readonly party: Party;
  readonly in_right_of: Party;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly created_at: Date;
  readonly withdrawn_by: string | null;
  readonly withdrawn_at: Date | null;
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
    const inRightOf = await requireTarget(trx, caller, review, wish.target);
    const instruction = await requireRight(trx, caller, review.request, { inRightOf, named: wish.instruction });
    await requireSole(trx, { workspaceId: caller.workspaceId, requestId }, wish.target);
    await insertOverride(trx, ring, caller, review, { ...wish, id, inRightOf, instruction });
    await note(trx, caller, requestId, 'override_added', instruction, { overrideId: id, kind: kindOf(wish.target) });
    return id;
  });
}

const kindOf = (target: OverrideTarget): OverrideKind => ('record' in target ? 'keep' : target.kind);

/** In whose right it can be decided. */
async function requireTarget(
  trx: Transaction,
  caller: Caller,
  { erasure }: LockedReview,
  target: OverrideTarget,
): Promise<Party> {
  if ('ground' in target) return requireOverridable(trx, caller, erasure, target);
  await requireRecordOfReview(trx, erasure, target.record);
  return 'controller';
}

/** Two on one ground would say the same twice, or contradict each other. */
async function requireSole(trx: Transaction, ref: RequestRef, target: OverrideTarget): Promise<void> {
  const same = inForce(trx, ref);
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

function ofRequest(trx: Transaction, { workspaceId, requestId }: RequestRef) {
  return trx('erasure_overrides as override')
    .where({ 'override.workspace_id': workspaceId })
    .whereIn(
      'override.erasure_id',
      trx('erasures').where({ workspace_id: workspaceId, request_id: requestId }).select('id'),
    );
}

const inForce = (trx: Transaction, ref: RequestRef) => ofRequest(trx, ref).whereNull('override.withdrawn_at');

interface CheckedOverride extends Omit<NewOverride, 'instruction'> {
  readonly id: string;
  readonly inRightOf: Party;
  readonly instruction: InstructionRef;
}

async function insertOverride(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, principal }: Caller,
  { request, erasure }: LockedReview,
  { id, target, reason, inRightOf, instruction }: CheckedOverride,
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
    const found = await ofRequest(trx, ref).where({ 'override.id': id }).first<OverrideRow | undefined>('override.*');
    if (!found) throw new NotFound(`Request ${requestId} has no override ${id}.`);
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

/** All of a request, oldest first, withdrawn ones included. Throws SealBroken when the request's data key was destroyed. */
export async function listOverrides(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
): Promise<readonly OverrideRecord[]> {
  const rows: OverrideRow[] = await ofRequest(trx, ref)
    .orderBy(['override.created_at', 'override.id'])
    .select('override.*');
  if (rows.length === 0) return [];
  const dataKey = await openRequestKey(trx, ring, ref.workspaceId, ref.requestId);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    ground: row.ground,
    record: row.collection !== null && row.row_key !== null ? { collection: row.collection, key: row.row_key } : null,
    reason: openText(dataKey, row.sealed_reason, overrideContext(row.id)),
    createdBy: row.principal_id,
    party: row.party,
    inRightOf: row.in_right_of,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    createdAt: row.created_at,
    withdrawnBy: row.withdrawn_by,
    withdrawnAt: row.withdrawn_at,
  }));
}

export interface OverridesInForce {
  readonly grounds: readonly Override[];
  readonly records: readonly (HeldRecord & { readonly overrideId: string })[];
}

/** What a plan of the erasure goes by: the overrides of its request. */
export async function readOverrides(trx: Transaction, erasureId: string): Promise<OverridesInForce> {
  const of = await trx('erasures')
    .where({ id: erasureId })
    .first<RequestRef | undefined>({ workspaceId: 'workspace_id', requestId: 'request_id' });
  if (!of) throw new NotFound(`There is no erasure ${erasureId}.`);
  const rows: OverrideRow[] = await inForce(trx, of).orderBy('override.id').select('override.*');
  return {
    grounds: rows.flatMap(({ id, kind, ground, in_right_of }) =>
      ground === null ? [] : [{ kind, of: ground, overrideId: id, inRightOf: in_right_of }],
    ),
    records: rows.flatMap(({ id, collection, row_key }) =>
      collection === null || row_key === null ? [] : [{ collection, key: row_key, overrideId: id }],
    ),
  };
}
