/** The register of the controller's instructions (GDPR Art. 28(3)(a)). */
import { randomUUID } from 'node:crypto';
import { InvalidInput, NotFound } from '../../domain/errors.ts';
import type { InstructionSource } from '../../domain/parties.ts';
import type { InstructedAction } from '../../domain/workspace-export.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';

export interface InstructionRef {
  readonly id: string;
  readonly version: number;
}

/** Who says, when and in which words, that the controller instructs us. */
export interface Attestation {
  readonly text: string;
  readonly attestedBy: string;
  readonly attestedAt: Date;
}

export interface NewInstruction {
  readonly source: InstructionSource;
  /** True when it covers every request of its types; otherwise it is for one request. */
  readonly standing: boolean;
  readonly requestTypes: readonly InstructedAction[];
  readonly attestation: Attestation;
  readonly validFrom: Date;
  readonly validUntil: Date | null;
}

export interface InstructionRecord extends InstructionRef, NewInstruction {
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

interface InstructionRow {
  readonly id: string;
  readonly version: number;
  readonly source: InstructionSource;
  readonly standing: boolean;
  readonly request_types: readonly InstructedAction[];
  readonly attestation: string;
  readonly attested_by: string;
  readonly attested_at: Date;
  readonly valid_from: Date;
  readonly valid_until: Date | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly revoked_at: Date | null;
}

/** Puts a standing instruction into the register. A repeat answers the one that is there. */
export async function recordInstruction(
  db: Database,
  caller: Caller,
  instruction: NewInstruction,
  repeat: Repeat,
): Promise<InstructionRecord> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const id = randomUUID();
    const earlier = await claimKey(trx, caller, repeat, id);
    if (earlier !== undefined) return requireInstruction(trx, caller, earlier);
    const ref = await insertInstruction(trx, caller, instruction, id);
    const record = await requireInstruction(trx, caller, id);
    await auditInstruction(trx, caller, ref, instruction);
    return record;
  });
}

export async function insertInstruction(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { source, standing, requestTypes, attestation, validFrom, validUntil }: NewInstruction,
  id: string = randomUUID(),
): Promise<InstructionRef> {
  const ref = { id, version: 1 };
  await trx('instructions').insert({
    ...ref,
    workspace_id: workspaceId,
    source,
    standing,
    request_types: [...requestTypes],
    attestation: attestation.text,
    attested_by: attestation.attestedBy,
    attested_at: attestation.attestedAt,
    valid_from: validFrom,
    valid_until: validUntil,
    created_by: principal.id,
    created_at: new Date(),
  });
  return ref;
}

export async function auditInstruction(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  instruction: InstructionRef,
  { source, standing }: Pick<NewInstruction, 'source' | 'standing'>,
): Promise<void> {
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: 'instruction.recorded',
    subject: { kind: 'instruction', id: instruction.id },
    instruction,
    details: { source, standing },
  });
}

/** The standing instructions in their newest versions. */
export async function listInstructions(
  db: Database,
  { workspaceId }: Caller,
  page: PageRequest,
): Promise<Page<InstructionRecord>> {
  return db.withTenant(workspaceId, async (trx) => {
    const newest = trx('instructions')
      .where({ 'instructions.workspace_id': workspaceId, 'instructions.standing': true })
      .whereNotExists(
        trx('instructions as later')
          .whereRaw('(later.workspace_id, later.id) = (instructions.workspace_id, instructions.id)')
          .whereRaw('later.version > instructions.version'),
      )
      .select('instructions.*');
    const { rows, last } = await readPage<InstructionRow>(newest, 'instructions', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** The newest version. Throws NotFound. */
export async function readInstruction(db: Database, caller: Caller, id: string): Promise<InstructionRecord> {
  return db.withTenant(caller.workspaceId, (trx) => requireInstruction(trx, caller, id));
}

async function requireInstruction(trx: Transaction, caller: Caller, id: string): Promise<InstructionRecord> {
  const row = await findVersion(trx, caller, id, undefined);
  if (!row) throw new NotFound(`There is no instruction ${id}.`);
  return toRecord(row);
}

async function findVersion(
  trx: Transaction,
  { workspaceId }: Caller,
  id: string,
  version: number | undefined,
): Promise<InstructionRow | undefined> {
  return trx('instructions')
    .where({ workspace_id: workspaceId, id, ...(version === undefined ? {} : { version }) })
    .orderBy('version', 'desc')
    .first<InstructionRow | undefined>();
}

export interface InstructionUse {
  readonly id: string;
  /** The newest when undefined. */
  readonly version: number | undefined;
  readonly type: InstructedAction;
  /** Where the id stood in the body, for the problem. */
  readonly pointer: string;
  /** It must be one that covers every request of its types. */
  readonly mustStand?: boolean;
}

/**
 * The instruction as a request may be carried out under it now. Throws InvalidInput when it is not in the workspace, is
 * not in force, does not cover the type, or was for another request alone.
 */
export async function requireUsable(trx: Transaction, caller: Caller, use: InstructionUse): Promise<InstructionRef> {
  const row = await findVersion(trx, caller, use.id, use.version);
  const objection = row ? await objectionTo(trx, row, use) : 'There is no such instruction in this workspace.';
  if (row && objection === undefined) return { id: row.id, version: row.version };
  throw new InvalidInput('The instruction cannot be used for this request.', {
    fields: [{ pointer: use.pointer, detail: objection ?? '' }],
  });
}

async function objectionTo(
  trx: Transaction,
  row: InstructionRow,
  { type, mustStand }: InstructionUse,
): Promise<string | undefined> {
  const now = new Date();
  if (row.revoked_at) return 'It was revoked.';
  if (row.valid_from > now) return 'It is not in force yet.';
  if (row.valid_until && row.valid_until <= now) return 'It is no longer in force.';
  if (!row.request_types.includes(type)) return `It does not cover requests of the type ${type}.`;
  if (mustStand && !row.standing) return 'It was given for one request; this needs a standing one.';
  if (!row.standing && (await isTaken(trx, row))) return 'It was given for one other request alone.';
  return undefined;
}

/** Locks the instruction, so that of two requests which name it at once one sees the other. */
async function isTaken(trx: Transaction, row: InstructionRow): Promise<boolean> {
  await trx('instructions').where({ id: row.id, version: row.version }).forUpdate().first('id');
  const named = { instruction_id: row.id, instruction_version: row.version };
  for (const table of ['requests', 'workspace_exports', 'holds']) {
    if ((await trx(table).where(named).first('id')) !== undefined) return true;
  }
  return false;
}

export interface StandingInstruction extends InstructionRef {
  readonly validUntil: Date | null;
}

/** The standing instruction under which something is done without being asked each time: the newest that is in force. */
export async function findStanding(
  trx: Transaction,
  workspaceId: string,
  action: InstructedAction,
): Promise<StandingInstruction | undefined> {
  const now = new Date();
  return trx('instructions')
    .where({ workspace_id: workspaceId, standing: true })
    .whereRaw('? = ANY (request_types)', [action])
    .whereRaw('version = (SELECT max(version) FROM instructions newest WHERE newest.id = instructions.id)')
    .whereNull('revoked_at')
    .where('valid_from', '<=', now)
    .whereRaw('(valid_until IS NULL OR valid_until > ?)', [now])
    .orderBy('created_at', 'desc')
    .first<StandingInstruction | undefined>({ id: 'id', version: 'version', validUntil: 'valid_until' });
}

function toRecord(row: InstructionRow): InstructionRecord {
  return {
    id: row.id,
    version: row.version,
    source: row.source,
    standing: row.standing,
    requestTypes: row.request_types,
    attestation: { text: row.attestation, attestedBy: row.attested_by, attestedAt: row.attested_at },
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    createdBy: row.created_by,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
