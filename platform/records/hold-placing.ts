/**
 * Places a hold: what it says, its journal, and the message that starts its run, in one transaction. It is written down
 * before any source is told, so that every plan made from then on sees it (design rule 3). No record is looked for or
 * copied, so it takes no longer for a million records than for one.
 */
import { randomUUID } from 'node:crypto';
import type { HoldPurpose, HoldRef } from '../../domain/holds.ts';
import type { Party } from '../../domain/parties.ts';
import type { Audience } from '../../domain/retention/words.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import type { Caller } from './caller.ts';
import { createDataKey } from './data-keys.ts';
import { authorisePlacement, requireWholeWorkspace } from './hold-authority.ts';
import { insertHoldIdentities } from './hold-identities.ts';
import { writeJournal } from './hold-journal.ts';
import type { StoredScope } from './holds.ts';
import type { CheckedIdentity } from './identities.ts';
import { auditChoice } from './instruction-choice.ts';
import type { ChosenInstruction, InstructionChoice } from './instruction-choice.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';

export interface NewHold {
  readonly party: Party;
  readonly visibility: Audience;
  /** What it is for, in the words of whoever places it: a case, an audit. */
  readonly matter: string;
  /** On whose order or under which law. */
  readonly authority: string;
  readonly purpose: HoldPurpose;
  /** Whom it is about; empty for nobody in particular. */
  readonly subject: readonly CheckedIdentity[];
  readonly scope: StoredScope;
  readonly reviewAt?: Date | undefined;
  /** Who is told of its release beside the workspace's contact. */
  readonly notifyEmail?: string | undefined;
  readonly instruction?: InstructionChoice | undefined;
  /** Kept beside the audit log. */
  readonly note?: string | undefined;
}

/** Answers its id, which is the earlier one's for a repeat. Throws NotFound, WrongParty and InvalidInput. */
export async function placeHold(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  hold: NewHold,
  repeat: Repeat,
): Promise<string> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const holdId = randomUUID();
    const earlier = await claimKey(trx, caller, repeat, holdId);
    if (earlier !== undefined) return earlier;
    const instruction = await authorisePlacement(trx, caller, { party: hold.party, instruction: hold.instruction });
    await enter(trx, ring, caller, { holdId, hold, instruction });
    return holdId;
  });
}

interface Entry {
  readonly holdId: string;
  readonly hold: NewHold;
  readonly instruction: ChosenInstruction | undefined;
}

async function enter(trx: Transaction, ring: KeyRing, caller: Caller, entry: Entry): Promise<void> {
  const { workspaceId, principal } = caller;
  const ref = { workspaceId, holdId: entry.holdId };
  const { subject } = entry.hold;
  const dataKey = subject.length === 0 ? undefined : await createDataKey(trx, ring, workspaceId);
  await insertHold(trx, caller, entry, dataKey?.id);
  if (dataKey) await insertHoldIdentities(trx, ring, { ...ref, dataKey }, subject);
  await insertSources(trx, ref);
  await writeJournal(trx, ref, { kind: 'placed', actor: principal.id });
  await trx('outbox').insert({ workspace_id: workspaceId, hold_id: entry.holdId, message: 'start' });
  await audit(trx, caller, entry);
}

async function insertHold(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { holdId, hold, instruction }: Entry,
  dataKeyId: string | undefined,
): Promise<void> {
  await trx('holds').insert({
    id: holdId,
    workspace_id: workspaceId,
    party: hold.party,
    visibility: hold.visibility,
    matter: hold.matter,
    authority: hold.authority,
    purpose: hold.purpose,
    scope: JSON.stringify(hold.scope),
    state: 'pending',
    instruction_id: instruction?.ref.id ?? null,
    instruction_version: instruction?.ref.version ?? null,
    data_key_id: dataKeyId ?? null,
    notify_email: hold.notifyEmail ?? null,
    review_at: hold.reviewAt ?? null,
    created_by: principal.id,
    created_at: new Date(),
  });
}

/** All that know the workspace: whether one can be erased at all is the worker's to know. */
async function insertSources(trx: Transaction, { workspaceId, holdId }: HoldRef): Promise<void> {
  await trx.raw(
    `INSERT INTO hold_sources (workspace_id, hold_id, source, state)
       SELECT workspace_id, ?, source, 'pending' FROM workspace_sources WHERE workspace_id = ?`,
    [holdId, workspaceId],
  );
}

async function audit(trx: Transaction, caller: Caller, { holdId, hold, instruction }: Entry): Promise<void> {
  if (instruction) await auditChoice(trx, caller, instruction);
  const { records = [], classes = [], dates } = hold.scope;
  await appendAudit(trx, caller.workspaceId, {
    actor: caller.principal,
    action: 'hold.placed',
    subject: { kind: 'hold', id: holdId },
    details: {
      party: hold.party,
      visibility: hold.visibility,
      purpose: hold.purpose,
      identities: hold.subject.length,
      records: records.length,
      classes: classes.length,
      dates: dates !== undefined,
    },
    ...(instruction ? { instruction: instruction.ref } : {}),
    ...(hold.note === undefined ? {} : { note: hold.note }),
  });
}
