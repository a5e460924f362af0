/**
 * Decisions that differ from what the schedule says. They belong to the request: what somebody has decided to keep is kept
 * by its later reviews too, until that is withdrawn. Each takes effect when the request is planned again, which its run does
 * at once.
 */
import { overrideContext } from '../../domain/contexts.ts';
import { NotFound } from '../../domain/errors.ts';
import type { HeldRecord } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import type { Override, OverrideKind } from '../../domain/retention/grounds.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Transaction } from '../database.ts';
import { openText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { openRequestKey } from './data-keys.ts';
import type { InstructionRef } from './instructions.ts';

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

export interface OverrideRow {
  readonly id: string;
  readonly kind: OverrideKind;
  readonly ground: string | null;
  readonly collection: string | null;
  readonly row_key: HeldRecord['key'] | null;
  readonly sealed_reason: Buffer;
  readonly principal_id: string;
  readonly party: Party;
  readonly in_right_of: Party;
  readonly visibility: Audience;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly created_at: Date;
  readonly withdrawn_by: string | null;
  readonly withdrawn_at: Date | null;
}

export function overridesOf(trx: Transaction, { workspaceId, requestId }: RequestRef) {
  return trx('erasure_overrides as override')
    .where({ 'override.workspace_id': workspaceId })
    .whereIn(
      'override.erasure_id',
      trx('erasures').where({ workspace_id: workspaceId, request_id: requestId }).select('id'),
    );
}

export const overridesInForce = (trx: Transaction, ref: RequestRef) =>
  overridesOf(trx, ref).whereNull('override.withdrawn_at');

/** Those of a request that the party may know of, oldest first, withdrawn ones included. Throws SealBroken when the request's data key was destroyed. */
export async function listOverrides(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  party: Party,
): Promise<readonly OverrideRecord[]> {
  const all: OverrideRow[] = await overridesOf(trx, ref)
    .orderBy(['override.created_at', 'override.id'])
    .select('override.*');
  const rows = all.filter(({ visibility }) => maySee(party, visibility));
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
  const rows: OverrideRow[] = await overridesInForce(trx, of).orderBy('override.id').select('override.*');
  return {
    grounds: rows.flatMap(({ id, kind, ground, in_right_of }) =>
      ground === null ? [] : [{ kind, of: ground, overrideId: id, inRightOf: in_right_of }],
    ),
    records: rows.flatMap(({ id, collection, row_key }) =>
      collection === null || row_key === null ? [] : [{ collection, key: row_key, overrideId: id }],
    ),
  };
}
