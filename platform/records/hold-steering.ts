/** What is decided on a hold that stands: its review date and matter can change, and another person can release it. */
import { Conflict, InvalidInput } from '../../domain/errors.ts';
import type { HoldRef } from '../../domain/holds.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { authoriseDecision, requireSecondPerson, requireWholeWorkspace } from './hold-authority.ts';
import type { HeldBy } from './hold-authority.ts';
import { writeJournal } from './hold-journal.ts';
import { lockHold } from './holds.ts';
import type { HoldRow } from './holds.ts';
import type { InstructionRef } from './instructions.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { tellReviews } from './told-reviews.ts';

interface Decision {
  readonly instruction: NamedInstruction | undefined;
  /** Why; kept beside the audit log. */
  readonly reason: string;
}

export interface HoldChange extends Decision {
  /** Null for none any more; as it is when undefined. */
  readonly reviewAt: Date | null | undefined;
  readonly matter: string | undefined;
}

/**
 * Changes a hold; what it was before stands in the journal. Its scope never changes: another scope is another hold. Throws
 * NotFound, WrongParty, InvalidInput; Conflict when it was released.
 */
export async function changeHold(
  db: Database,
  caller: Caller,
  id: string,
  change: HoldChange,
  repeat: Repeat,
): Promise<void> {
  await steer(db, caller, id, { action: 'hold_placement', decision: change, repeat }, async (trx, hold) => {
    const { columns, details } = differences(hold, change);
    await trx('holds').where({ workspace_id: caller.workspaceId, id }).update(columns);
    await writeJournal(trx, refOf(caller, id), { kind: 'changed', actor: caller.principal.id, details });
    return { action: 'hold.changed', details: { names: Object.keys(columns).join(',') } };
  });
}

/** Throws InvalidInput when nothing would change. */
function differences(hold: HoldRow, { reviewAt, matter }: HoldChange) {
  const columns: { review_at?: Date | null; matter?: string } = {};
  const details: Record<string, string | null> = {};
  if (reviewAt !== undefined && reviewAt?.getTime() !== hold.review_at?.getTime()) {
    columns.review_at = reviewAt;
    details['reviewAt'] = reviewAt?.toISOString() ?? null;
    details['reviewAtBefore'] = hold.review_at?.toISOString() ?? null;
  }
  if (matter !== undefined && matter !== hold.matter) {
    columns.matter = matter;
    details['matter'] = matter;
    details['matterBefore'] = hold.matter;
  }
  if (Object.keys(columns).length === 0)
    throw new InvalidInput('The hold says this already: give a reviewAt or a matter that differs.');
  return { columns, details };
}

/**
 * Releases a hold and tells the reviews that are open; its run then has what it kept looked at again. Throws NotFound; SecondPersonNeeded to who placed it;
 * WrongParty and InvalidInput as `authoriseDecision` does; Conflict when it was released before.
 */
export async function releaseHold(
  db: Database,
  caller: Caller,
  id: string,
  release: Decision,
  repeat: Repeat,
): Promise<void> {
  await steer(db, caller, id, { action: 'hold_release', decision: release, repeat }, async (trx, hold) => {
    requireSecondPerson(caller, heldBy(hold));
    await trx('holds')
      .where({ workspace_id: caller.workspaceId, id })
      .update({ state: 'released', released_by: caller.principal.id, released_at: trx.fn.now() });
    await writeJournal(trx, refOf(caller, id), { kind: 'released', actor: caller.principal.id });
    await trx('outbox').insert({ workspace_id: caller.workspaceId, hold_id: id, message: 'release' });
    await tellReviews(trx, caller.workspaceId);
    return { action: 'hold.released', details: {} };
  });
}

/** What the audit log is to say of a decision. */
interface Steered {
  readonly action: 'hold.changed' | 'hold.released';
  readonly details: Readonly<Record<string, string>>;
}

/** A decision on a hold that stands, by somebody who may make it; a repeat changes nothing. */
async function steer(
  db: Database,
  caller: Caller,
  id: string,
  wish: {
    /** What an instruction must cover. */
    readonly action: 'hold_placement' | 'hold_release';
    readonly decision: Decision;
    readonly repeat: Repeat;
  },
  work: (trx: Transaction, hold: HoldRow) => Promise<Steered>,
): Promise<void> {
  const { action, decision, repeat } = wish;
  requireWholeWorkspace(caller);
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, id)) !== undefined) return;
    const hold = await lockStanding(trx, caller, id);
    const named = decision.instruction;
    const instruction = await authoriseDecision(trx, caller, heldBy(hold), { action, named });
    await audit(trx, caller, hold, { ...(await work(trx, hold)), instruction, reason: decision.reason });
  });
}

async function lockStanding(trx: Transaction, caller: Caller, id: string): Promise<HoldRow> {
  const hold = await lockHold(trx, caller, id);
  if (hold.state === 'released') throw new Conflict('The hold was released; place another one.');
  return hold;
}

const heldBy = ({ party, created_by: createdBy }: HoldRow): HeldBy => ({ party, createdBy });

const refOf = ({ workspaceId }: Caller, holdId: string): HoldRef => ({ workspaceId, holdId });

async function audit(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { id, party, visibility }: HoldRow,
  line: Steered & { readonly instruction: InstructionRef | undefined; readonly reason: string },
): Promise<void> {
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: line.action,
    subject: { kind: 'hold', id },
    details: { party, visibility, ...line.details },
    ...(line.instruction ? { instruction: line.instruction } : {}),
    note: line.reason,
  });
}
