/** The suppression of re-imports as importers and the controller use it: asked by identifiers, which are kept nowhere. */
import { NotFound, WrongParty } from '../../domain/errors.ts';
import { canonicalIdentity, isWeakType } from '../../domain/identities.ts';
import type { Identity } from '../../domain/identities.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { tombstoneHash } from '../tombstone-digests.ts';
import { isControllers } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { requireUsable } from './instructions.ts';
import type { InstructionRef } from './instructions.ts';
import { STANDS } from './tombstones.ts';

/**
 * Of each identity, in the order given, whether it is of somebody erased whose re-import is suppressed. Every identity is
 * hashed under every key and looked up in one statement, so that the time tells nothing of the answer. An identifier that
 * people share is never suppressed.
 */
export async function checkSuppression(
  db: Database,
  ring: KeyRing,
  { workspaceId }: Caller,
  identities: readonly Identity[],
): Promise<readonly boolean[]> {
  const asked = digestsOf(ring, workspaceId, identities);
  const found = await db.withTenant(workspaceId, (trx) => inForce(trx, workspaceId, asked.flat()));
  const suppressed = new Set(found.map(({ digest }) => hex(digest)));
  return asked.map((digests, index) => {
    const isKnown = digests.map((digest) => suppressed.has(hex(digest))).includes(true);
    return isKnown && !isWeakType(identities[index]?.type ?? '');
  });
}

export interface Lifting {
  readonly identities: readonly Identity[];
  readonly reason: string;
  readonly instruction?: NamedInstruction | undefined;
}

/**
 * Ends the suppression of identifiers. The controller lifts it under the instruction that it was made under; the processor
 * only under one that it names. Throws NotFound when none is suppressed, WrongParty, InvalidInput.
 */
export async function liftSuppression(db: Database, ring: KeyRing, caller: Caller, lifting: Lifting): Promise<Date> {
  const { workspaceId, principal } = caller;
  const digests = digestsOf(ring, workspaceId, lifting.identities).flat();
  return db.withTenant(workspaceId, async (trx) => {
    const found = await inForce(trx, workspaceId, digests).forUpdate();
    const [first] = found;
    if (first === undefined) throw new NotFound('None of the identities is suppressed.');
    const instruction = await authorityOf(trx, caller, first, lifting.instruction);
    const now = new Date();
    const rows = found.map(({ digest }) => digest);
    await trx('tombstones').where({ workspace_id: workspaceId }).whereIn('digest', rows).update({ lifted_at: now });
    await appendAudit(trx, workspaceId, {
      actor: principal,
      action: 'suppression.lifted',
      subject: { kind: 'erasure', id: first.erasure_id },
      instruction,
      details: { tombstones: found.length },
      note: lifting.reason,
    });
    return now;
  });
}

async function authorityOf(
  trx: Transaction,
  caller: Caller,
  { instruction_id: id, instruction_version: version }: SuppressionRow,
  named: NamedInstruction | undefined,
): Promise<InstructionRef> {
  if (named)
    return requireUsable(trx, caller, {
      ...named,
      type: 'reimport_suppression',
      pointer: '/instruction/id',
      mustStand: true,
    });
  if (!isControllers(caller.principal))
    throw new WrongParty(
      'The controller decides on this. A key of the processor must name a standing instruction of the controller.',
    );
  return { id, version };
}

interface SuppressionRow {
  readonly digest: Buffer;
  readonly erasure_id: string;
  readonly instruction_id: string;
  readonly instruction_version: number;
}

function inForce(trx: Transaction, workspaceId: string, digests: readonly Buffer[]) {
  return trx('tombstones')
    .where({ workspace_id: workspaceId, purpose: 'reimport_suppression' })
    .whereIn('digest', [...digests])
    .whereNull('lifted_at')
    .where('expires_at', '>', new Date())
    .whereRaw(STANDS)
    .select<SuppressionRow[]>('digest', 'erasure_id', 'instruction_id', 'instruction_version');
}

/** For each identity, under every key of the ring. */
function digestsOf(ring: KeyRing, workspaceId: string, identities: readonly Identity[]): readonly Buffer[][] {
  const hash = tombstoneHash(ring, workspaceId, 'reimport_suppression');
  return identities.map((identity) =>
    hash({ type: identity.type, canonical: canonicalIdentity(identity) ?? '' }).map(({ digest }) => digest),
  );
}

const hex = (digest: Buffer): string => digest.toString('hex');
