/**
 * The audit log: one hash chain per workspace. Each event's hash covers the one before it, so that an event which is
 * changed, removed or put in later breaks every hash after it.
 *
 * The head row is locked last in a transaction: two transactions of one workspace wait for each other only while they
 * append.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Party, Principal } from '../domain/parties.ts';
import type { Transaction } from './database.ts';

/** The chain of what belongs to no workspace. */
export const PLATFORM_CHAIN = '00000000-0000-0000-0000-000000000000';

export interface AuditEvent {
  readonly actor: Pick<Principal, 'id' | 'party'>;
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly instruction?: { readonly id: string; readonly version: number };
  /** Ids, counts, codes and dates only: this is kept for long and shown to auditors. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** Free text; kept outside the chain, which holds its salted digest. */
  readonly note?: string;
}

/** What an action of Steward itself, of no person and no key, is recorded under. */
export const STEWARD_ITSELF: Pick<Principal, 'id' | 'party'> = { id: 'steward', party: 'processor' };

export interface ChainedEvent {
  readonly workspace_id: string;
  readonly seq: string;
  readonly at: string;
  readonly actor: string;
  readonly party: Party;
  readonly action: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly note_digest: Buffer | null;
}

/** Appends to the chain of `chain` (a workspace's id or PLATFORM_CHAIN). Call it last in the transaction. */
export async function appendAudit(trx: Transaction, chain: string, event: AuditEvent): Promise<void> {
  const head = await lockHead(trx, chain);
  const seq = BigInt(head.seq) + 1n;
  const note = event.note === undefined ? undefined : saltedNote(event.note);
  const row: ChainedEvent = {
    workspace_id: chain,
    seq: seq.toString(),
    at: new Date().toISOString(),
    actor: event.actor.id,
    party: event.actor.party,
    action: event.action,
    subject_kind: event.subject.kind,
    subject_id: event.subject.id,
    instruction_id: event.instruction?.id ?? null,
    instruction_version: event.instruction?.version ?? null,
    details: event.details ?? {},
    note_digest: note?.digest ?? null,
  };
  const hash = chainHash(head.hash, row);
  await trx('audit_events').insert({ ...row, details: JSON.stringify(row.details), previous: head.hash, hash });
  if (note) await trx('audit_notes').insert({ workspace_id: chain, seq: row.seq, salt: note.salt, note: event.note });
  await trx('audit_heads').where({ workspace_id: chain }).update({ seq: row.seq, hash });
}

async function lockHead(trx: Transaction, chain: string): Promise<{ seq: string; hash: Buffer }> {
  await trx('audit_heads')
    .insert({ workspace_id: chain, seq: 0, hash: Buffer.alloc(32) })
    .onConflict('workspace_id')
    .ignore();
  const head = await trx('audit_heads')
    .where({ workspace_id: chain })
    .forUpdate()
    .first<{ seq: string; hash: Buffer }>();
  if (!head) throw new Error('The head of an audit chain is missing.');
  return head;
}

function saltedNote(note: string): { salt: Buffer; digest: Buffer } {
  const salt = randomBytes(16);
  return { salt, digest: createHash('sha256').update(salt).update(note).digest() };
}

/** SHA-256 over the hash before and the event's fields as JSON in a fixed order, with sorted keys in the details. */
export function chainHash(previous: Buffer, event: ChainedEvent): Buffer {
  const details = Object.fromEntries(Object.entries(event.details).sort(([a], [b]) => (a < b ? -1 : 1)));
  const fields = [
    event.workspace_id,
    event.seq,
    event.at,
    event.actor,
    event.party,
    event.action,
    event.subject_kind,
    event.subject_id,
    event.instruction_id,
    event.instruction_version,
    details,
    event.note_digest?.toString('hex') ?? null,
  ];
  return createHash('sha256').update(previous).update(JSON.stringify(fields)).digest();
}
