/** What is kept back of a package: the exemption log. Entries are made and withdrawn while a package waits for its release. */
import { randomUUID } from 'node:crypto';
import { redactionContext } from '../../domain/contexts.ts';
import { NotFound } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import type { Exemption } from '../../domain/release.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { openText, sealText } from '../envelope.ts';
import type { KeyRing } from '../keys.ts';
import { requireAuthority } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { openDataKey, openRequestKey } from './data-keys.ts';
import type { InstructionRef } from './instructions.ts';
import { lockReview } from './release-review.ts';
import type { Review } from './release-review.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';
import { readRequest } from './requests.ts';

type RowKey = Readonly<Record<string, string | number | boolean>>;

/** Of a collection: everything, one column of every row, one row, or one column of one row. */
export interface RedactionTarget {
  /** `dataset.collection` of the data map. */
  readonly collection: string;
  /** Key columns to values; every row when undefined. */
  readonly rowKey?: RowKey | undefined;
  /** The whole row when undefined. */
  readonly column?: string | undefined;
}

export interface NewRedaction extends RedactionTarget {
  readonly exemption: Exemption;
  readonly reason: string;
}

export interface RedactionRecord {
  readonly id: string;
  readonly collection: string;
  readonly rowKey: RowKey | null;
  readonly column: string | null;
  readonly exemption: Exemption;
  readonly reason: string;
  readonly createdBy: string;
  readonly party: Party;
  readonly instruction: InstructionRef;
  readonly createdAt: Date;
  readonly withdrawnBy: string | null;
  readonly withdrawnAt: Date | null;
}

/** A redaction in force, as a package is built with it. */
export interface RedactionInForce {
  readonly collection: string;
  readonly rowKey: RowKey | null;
  readonly column: string | null;
  readonly exemption: Exemption;
}

interface RedactionRow {
  readonly id: string;
  readonly collection: string;
  readonly row_key: RowKey | null;
  readonly column_name: string | null;
  readonly exemption: Exemption;
  readonly sealed_reason: Buffer;
  readonly created_by: string;
  readonly party: Party;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly created_at: Date;
  readonly withdrawn_by: string | null;
  readonly withdrawn_at: Date | null;
}

/**
 * Adds to what is kept back; what is in force already is not added twice. Throws NotFound; Conflict when no package of the
 * request waits for its release; WrongParty and InvalidInput as `requireAuthority` does.
 */
export async function addRedactions(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  wish: { readonly redactions: readonly NewRedaction[]; readonly instruction: NamedInstruction | undefined },
  repeat: Repeat,
): Promise<void> {
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, requestId)) !== undefined) return;
    const review = await lockReview(trx, caller, requestId);
    const instruction = await requireAuthority(trx, caller, review.request, wish.instruction);
    const inForce = await readRedactionsInForce(trx, { workspaceId: caller.workspaceId, requestId });
    const present = new Set(inForce.map(({ collection, rowKey, column }) => identify(collection, rowKey, column)));
    const fresh = wish.redactions.filter(
      ({ collection, rowKey, column }) => !present.has(identify(collection, rowKey ?? null, column ?? null)),
    );
    if (fresh.length === 0) return;
    await insertRedactions(trx, ring, caller, review, instruction, fresh);
    const details = { redactions: fresh.length, packageId: review.package.id };
    await noteRedaction(trx, caller, requestId, 'redactions_added', instruction, details);
  });
}

/** Two that say the same are one. */
function identify(collection: string, rowKey: RowKey | null, column: string | null): string {
  const key = rowKey && Object.entries(rowKey).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([collection, key, column]);
}

async function insertRedactions(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, principal }: Caller,
  { request, package: { build } }: Review,
  instruction: InstructionRef,
  redactions: readonly NewRedaction[],
): Promise<void> {
  const dataKey = await openDataKey(trx, ring, workspaceId, request.data_key_id);
  const now = new Date();
  const rows = redactions.map(({ collection, rowKey, column, exemption, reason }) => {
    const id = randomUUID();
    return {
      id,
      workspace_id: workspaceId,
      request_id: request.id,
      collection,
      row_key: rowKey === undefined ? null : JSON.stringify(rowKey),
      column_name: column ?? null,
      exemption,
      sealed_reason: sealText(dataKey, reason, redactionContext(id)),
      build,
      created_by: principal.id,
      party: principal.party,
      instruction_id: instruction.id,
      instruction_version: instruction.version,
      created_at: now,
    };
  });
  await trx.batchInsert('redactions', rows, 500);
}

/**
 * Takes a redaction back; it stays in the log. One that was withdrawn before stays so. Throws NotFound, and what
 * `addRedactions` throws.
 */
export async function withdrawRedaction(
  db: Database,
  caller: Caller,
  requestId: string,
  id: string,
  named: NamedInstruction | undefined,
): Promise<void> {
  await db.withTenant(caller.workspaceId, async (trx) => {
    const review = await lockReview(trx, caller, requestId);
    const instruction = await requireAuthority(trx, caller, review.request, named);
    const where = { workspace_id: caller.workspaceId, request_id: requestId, id };
    const found = await trx('redactions').where(where).first<RedactionRow | undefined>();
    if (!found) throw new NotFound(`Request ${requestId} has no redaction ${id}.`);
    if (found.withdrawn_at) return;
    await trx('redactions').where(where).update({
      withdrawn_by: caller.principal.id,
      withdrawn_at: new Date(),
      withdrawn_build: review.package.build,
    });
    const details = { redactionId: id, packageId: review.package.id };
    await noteRedaction(trx, caller, requestId, 'redaction_withdrawn', instruction, details);
  });
}

async function noteRedaction(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  requestId: string,
  kind: 'redactions_added' | 'redaction_withdrawn',
  instruction: InstructionRef,
  details: Readonly<Record<string, string | number>>,
): Promise<void> {
  await recordEvent(trx, { workspaceId, requestId }, { kind, actor: principal.id, details });
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: `release.${kind}`,
    subject: { kind: 'request', id: requestId },
    instruction,
    details,
  });
}

/** The whole log, oldest first. Throws NotFound, and SealBroken when the request's data key was destroyed. */
export async function readExemptionLog(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
): Promise<readonly RedactionRecord[]> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    return listRedactions(trx, ring, { workspaceId: caller.workspaceId, requestId });
  });
}

export async function listRedactions(
  trx: Transaction,
  ring: KeyRing,
  { workspaceId, requestId }: RequestRef,
): Promise<readonly RedactionRecord[]> {
  const rows = await trx('redactions')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .orderBy(['created_at', 'id'])
    .select<RedactionRow[]>('*');
  if (rows.length === 0) return [];
  const dataKey = await openRequestKey(trx, ring, workspaceId, requestId);
  return rows.map((row) => toRecord(row, openText(dataKey, row.sealed_reason, redactionContext(row.id))));
}

/**
 * What a package of the request leaves out now. Those given together are of one moment, and a package is to say them in
 * the same order however often it is built.
 */
export async function readRedactionsInForce(
  trx: Transaction,
  { workspaceId, requestId }: RequestRef,
): Promise<readonly RedactionInForce[]> {
  return trx('redactions')
    .where({ workspace_id: workspaceId, request_id: requestId })
    .whereNull('withdrawn_at')
    .orderBy(['created_at', 'collection', 'column_name', 'id'])
    .select<RedactionInForce[]>({
      collection: 'collection',
      rowKey: 'row_key',
      column: 'column_name',
      exemption: 'exemption',
    });
}

function toRecord(row: RedactionRow, reason: string): RedactionRecord {
  return {
    id: row.id,
    collection: row.collection,
    rowKey: row.row_key,
    column: row.column_name,
    exemption: row.exemption,
    reason,
    createdBy: row.created_by,
    party: row.party,
    instruction: { id: row.instruction_id, version: row.instruction_version },
    createdAt: row.created_at,
    withdrawnBy: row.withdrawn_by,
    withdrawnAt: row.withdrawn_at,
  };
}
