/** Tombstones as they lie in the database: digests with a purpose and an end, never an identifier. */
import { NotFound } from '../../domain/errors.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { CanonicalIdentifier, TombstonePurpose } from '../../domain/tombstones.ts';
import { STEWARD_ITSELF, appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { tombstoneHash } from '../tombstone-digests.ts';
import { findStanding } from './instructions.ts';
import type { StandingInstruction } from './instructions.ts';

/** Days. */
export interface TombstoneTimes {
  readonly backups: number;
  readonly suppression: number;
}

interface Erasure {
  readonly id: string;
  readonly erased_at: Date | null;
}

const DAY_MS = 86_400_000;

/**
 * Plants what is missing of a request's last erasure and answers how many there are of it. Called again it changes nothing,
 * so that a suppression which was lifted meanwhile stays lifted.
 */
export async function plant(
  trx: Transaction,
  ring: KeyRing,
  ref: RequestRef,
  { identifiers, days }: { readonly identifiers: readonly CanonicalIdentifier[]; readonly days: TombstoneTimes },
): Promise<number> {
  const erasure = await lastErasure(trx, ref);
  const erasedAt = erasure.erased_at ?? new Date();
  const suppressing = await findStanding(trx, ref.workspaceId, 'reimport_suppression');
  const planting = { ring, ref, erasureId: erasure.id, identifiers };
  const replay = await plantFor(trx, planting, 'restore_replay', { until: later(erasedAt, days.backups) });
  const suppression = suppressing
    ? await plantFor(trx, planting, 'reimport_suppression', {
        until: endOfSuppression(suppressing, later(erasedAt, days.suppression)),
        instruction: suppressing,
      })
    : 0;
  const owned = trx('tombstones').where({ workspace_id: ref.workspaceId, erasure_id: erasure.id });
  const there = await owned.count<{ count: string }[]>({ count: '*' });
  if (replay + suppression > 0) {
    await appendAudit(trx, ref.workspaceId, {
      actor: STEWARD_ITSELF,
      action: 'tombstones.planted',
      subject: { kind: 'erasure', id: erasure.id },
      ...(suppressing && { instruction: suppressing }),
      details: { restoreReplay: replay, reimportSuppression: suppression },
    });
  }
  return Number(there[0]?.count);
}

async function lastErasure(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<Erasure> {
  const row = await trx('erasures')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy('ordinal', 'desc')
    .first<Erasure | undefined>('id', 'erased_at');
  if (!row) throw new NotFound(`The request ${requestId} has no erasure.`);
  return row;
}

const later = (at: Date, days: number): Date => new Date(at.getTime() + days * DAY_MS);

/** A suppression does not outlive what it is done under. */
function endOfSuppression({ validUntil }: StandingInstruction, longest: Date): Date {
  return validUntil !== null && validUntil < longest ? validUntil : longest;
}

interface Planting {
  readonly ring: KeyRing;
  readonly ref: RequestRef;
  readonly erasureId: string;
  readonly identifiers: readonly CanonicalIdentifier[];
}

async function plantFor(
  trx: Transaction,
  { ring, ref: { workspaceId }, erasureId, identifiers }: Planting,
  purpose: TombstonePurpose,
  { until, instruction }: { readonly until: Date; readonly instruction?: StandingInstruction },
): Promise<number> {
  const hash = tombstoneHash(ring, workspaceId, purpose);
  const rows = identifiers.map((identifier) => {
    const [{ digest, keyId }] = hash(identifier);
    return {
      workspace_id: workspaceId,
      digest,
      digest_key_id: keyId,
      purpose,
      erasure_id: erasureId,
      instruction_id: instruction?.id ?? null,
      instruction_version: instruction?.version ?? null,
      created_at: new Date(),
      expires_at: until,
      lifted_at: null,
    };
  });
  if (rows.length === 0) return 0;
  const planted = await trx('tombstones')
    .insert(rows)
    .onConflict(['workspace_id', 'purpose', 'digest'])
    .merge({
      erasure_id: erasureId,
      instruction_id: trx.raw('excluded.instruction_id'),
      instruction_version: trx.raw('excluded.instruction_version'),
      expires_at: trx.raw('greatest(tombstones.expires_at, excluded.expires_at)'),
      lifted_at: null,
    })
    .whereRaw('tombstones.erasure_id IS DISTINCT FROM excluded.erasure_id')
    .returning('digest');
  return planted.length;
}

/**
 * Deletes, in every workspace, what has ended: by its time, because it was lifted, or because the instruction that it was
 * kept under no longer stands. Answers how many, a workspace at a time.
 */
export async function* deleteEnded(db: Database): AsyncGenerator<number> {
  const workspaces = await db.withPlatform((trx) => trx('workspaces').orderBy('id').select<{ id: string }[]>('id'));
  for (const { id } of workspaces) {
    yield await db.withTenant(id, (trx) =>
      trx('tombstones')
        .where({ workspace_id: id })
        .whereRaw(`(expires_at <= ? OR lifted_at IS NOT NULL OR ${WITHOUT})`, [new Date()])
        .delete(),
    );
  }
}

/** Whether the instruction that a suppression is kept under stands, in its newest version. */
export const STANDS = `EXISTS (SELECT FROM instructions instruction
  WHERE instruction.workspace_id = tombstones.workspace_id AND instruction.id = tombstones.instruction_id
    AND instruction.version = (SELECT max(version) FROM instructions newest
      WHERE newest.workspace_id = tombstones.workspace_id AND newest.id = tombstones.instruction_id)
    AND instruction.revoked_at IS NULL AND (instruction.valid_until IS NULL OR instruction.valid_until > now()))`;

const WITHOUT = `(purpose = 'reimport_suppression' AND NOT ${STANDS})`;
