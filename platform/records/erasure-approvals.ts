/** Approval and rejection of what is to be erased. The words are on decisions; what is asked about is what still waits for one. */
import { Conflict } from '../../domain/errors.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { leaveMessage } from '../outbox.ts';
import { countAmong, readAlike } from './alike-decisions.ts';
import { requireAuthority } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import { isRejected, lockErasureReview, pendingDecisions } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import type { InstructionRef } from './instructions.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import { recordEvent } from './request-progress.ts';

export const VERDICTS = ['approve', 'reject'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface VerdictOnReview {
  readonly verdict: Verdict;
  /** The plan that was looked at. */
  readonly generation: number;
  readonly instruction: NamedInstruction | undefined;
  /** Kept beside the audit log. */
  readonly note: string | undefined;
}

/** A word of one person, which stands for one decision. */
interface Word {
  readonly verdict: Verdict;
  readonly instruction: InstructionRef;
}

/**
 * Says a word on every decision that waits for one, and tells the request's run. One person counts once, so a decision that
 * needs two waits on. A rejection ends the request, and takes back what the same person had approved. Throws NotFound;
 * Conflict when nothing waits, when the plan is another than the one that was looked at, when the same person has said it
 * already; WrongParty and InvalidInput as `requireAuthority` does.
 */
export async function decideReview(
  db: Database,
  caller: Caller,
  requestId: string,
  wish: VerdictOnReview,
  repeat: Repeat,
): Promise<void> {
  await db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, requestId)) !== undefined) return;
    const { request, erasure } = await lockErasureReview(trx, caller, requestId, ['awaiting_approval']);
    const instruction = await requireAuthority(trx, caller, request, wish.instruction);
    await requireOpen(trx, erasure, wish.generation);
    if (wish.verdict === 'reject') await voidOwnApprovals(trx, caller, erasure);
    const decisions = await insertWords(trx, caller, erasure, { verdict: wish.verdict, instruction });
    if (decisions.size === 0)
      throw new Conflict('You have approved all of it that you can; what still waits needs another person.');
    await note(trx, caller, erasure, { ...wish, instruction, decisions });
  });
}

async function requireOpen(trx: Transaction, erasure: ErasureRow, generation: number): Promise<void> {
  if (erasure.generation !== generation)
    throw new Conflict(`It has been planned again since plan ${generation}; look again.`);
  if (await isRejected(trx, erasure)) throw new Conflict('It has been rejected already.');
  if ((await pendingDecisions(trx, erasure).first('decisions.id')) === undefined)
    throw new Conflict('Nothing waits for an approval.');
}

async function voidOwnApprovals(trx: Transaction, { principal }: Caller, erasure: ErasureRow): Promise<void> {
  await trx('decision_approvals')
    .where({ workspace_id: erasure.workspace_id, principal_id: principal.id })
    .whereIn('decision_id', pendingDecisions(trx, erasure).select('decisions.id'))
    .whereNull('voided_at')
    .update({ voided_at: trx.fn.now() });
}

/** Answers for which decisions the word was new. */
async function insertWords(
  trx: Transaction,
  { principal }: Caller,
  erasure: ErasureRow,
  { verdict, instruction }: Word,
): Promise<ReadonlySet<string>> {
  const unsaid = pendingDecisions(trx, erasure)
    .whereNotExists(
      trx('decision_approvals as own')
        .whereRaw('(own.workspace_id, own.decision_id) = (decisions.workspace_id, decisions.id)')
        .where({ 'own.principal_id': principal.id })
        .whereNull('own.voided_at'),
    )
    .select(
      'decisions.workspace_id',
      'decisions.request_id',
      'decisions.id',
      trx.raw('?::uuid, ?::text, ?::text, ?::uuid, ?::integer', [
        principal.id,
        principal.party,
        verdict,
        instruction.id,
        instruction.version,
      ]),
    );
  const columns =
    '(workspace_id, request_id, decision_id, principal_id, party, verdict, instruction_id, instruction_version)';
  const { rows } = await trx.raw<{ rows: { decision_id: string }[] }>(
    `INSERT INTO decision_approvals ${columns} ? RETURNING decision_id`,
    [unsaid],
  );
  return new Set(rows.map((row) => row.decision_id));
}

interface Said extends Omit<VerdictOnReview, 'instruction'>, Word {
  readonly decisions: ReadonlySet<string>;
}

async function note(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  erasure: ErasureRow,
  said: Said,
): Promise<void> {
  const ref = { workspaceId, requestId: erasure.request_id };
  const left = said.verdict === 'approve' && (await pendingDecisions(trx, erasure).first('decisions.id')) !== undefined;
  // Counted as the controller tells them apart, for timeline and audit log are the controller's to read.
  const decisions = countAmong(await readAlike(trx, erasure, 'controller'), said.decisions);
  const details = { erasureId: erasure.id, generation: erasure.generation, decisions };
  const kind = said.verdict === 'approve' ? 'erasure_approved' : 'erasure_rejected';
  await recordEvent(trx, ref, { kind, actor: principal.id, details: { ...details, needsAnother: left } });
  await leaveMessage(trx, ref, 'review');
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: `erasure.${said.verdict === 'approve' ? 'approved' : 'rejected'}`,
    subject: { kind: 'request', id: ref.requestId },
    instruction: said.instruction,
    details,
    ...(said.note === undefined ? {} : { note: said.note }),
  });
}
