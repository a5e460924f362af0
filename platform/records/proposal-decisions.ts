/** What people say of the retention review's proposals. */
import { Conflict, WrongParty } from '../../domain/errors.ts';
import type { ProposalState } from '../../domain/retention/review.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { isControllers } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import type { Verdict } from './erasure-approvals.ts';
import { requireUsable } from './instructions.ts';
import type { InstructionRef } from './instructions.ts';
import { countOf } from './paging.ts';
import { requireProposal } from './proposal-reading.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import type { ProposalRow } from './retention-proposals.ts';
import { requireWhole } from './retention-reviews.ts';

export interface ProposalVerdict {
  readonly verdict: Verdict;
  /** What was looked at. */
  readonly revision: number;
  readonly instruction: NamedInstruction | undefined;
  /** Kept beside the audit log. */
  readonly note: string | undefined;
  /** Of a rejection: until then nobody is asked about the class again. */
  readonly againAt: Date | undefined;
}

const ASKED_AGAIN_AFTER_MS = 90 * 86_400_000;

/**
 * Says a word on a proposal; answers its state. One person counts once. Throws NotFound; Conflict when it does not wait, is
 * another than the one that was looked at, or the same person has said it already; WrongParty and InvalidInput when the
 * caller may not decide.
 */
export async function decideProposal(
  db: Database,
  caller: Caller,
  id: string,
  wish: ProposalVerdict,
  repeat: Repeat,
): Promise<ProposalState> {
  requireWhole(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    if ((await claimKey(trx, caller, repeat, id)) !== undefined) return (await requireProposal(trx, caller, id)).state;
    const proposal = await requireProposal(trx, caller, id, true);
    const instruction = await requireAuthority(trx, caller, wish.instruction);
    if (proposal.state !== 'waiting')
      throw new Conflict(`The proposal is ${proposal.state}: nothing waits for a word.`);
    if (proposal.revision !== wish.revision)
      throw new Conflict(`What is due has changed since revision ${wish.revision} of the proposal; look again.`);
    await sayWord(trx, caller, proposal, wish.verdict, instruction);
    const state = await settle(trx, proposal, wish);
    await note(trx, caller, proposal, { ...wish, state, instruction });
    return state;
  });
}

/** The controller's people decide by themselves, ours under a standing instruction of theirs that they name. */
async function requireAuthority(
  trx: Transaction,
  caller: Caller,
  named: NamedInstruction | undefined,
): Promise<InstructionRef | undefined> {
  if (named)
    return requireUsable(trx, caller, {
      ...named,
      type: 'retention_disposal',
      pointer: '/instruction/id',
      mustStand: true,
    });
  if (isControllers(caller.principal)) return undefined;
  throw new WrongParty(
    'The controller decides on this. A key of the processor must name a standing instruction of the controller.',
  );
}

async function sayWord(
  trx: Transaction,
  { principal }: Caller,
  { workspace_id, id }: ProposalRow,
  verdict: Verdict,
  instruction: InstructionRef | undefined,
): Promise<void> {
  const own = { workspace_id, proposal_id: id, principal_id: principal.id };
  const earlier = trx('proposal_words').where(own).whereNull('voided_at');
  // Who rejects takes back what they had approved.
  if (verdict === 'reject') await earlier.update({ voided_at: trx.fn.now() });
  else if ((await earlier.first('id')) !== undefined)
    throw new Conflict('You have approved it already; it waits for another person.');
  await trx('proposal_words').insert({
    ...own,
    party: principal.party,
    verdict,
    instruction_id: instruction?.id ?? null,
    instruction_version: instruction?.version ?? null,
  });
}

async function settle(
  trx: Transaction,
  { workspace_id, id, approvals_needed }: ProposalRow,
  { verdict, againAt }: ProposalVerdict,
): Promise<ProposalState> {
  const own = trx('retention_proposals').where({ workspace_id, id });
  if (verdict === 'reject') {
    const again = againAt ?? new Date(Date.now() + ASKED_AGAIN_AFTER_MS);
    await own.update({ state: 'rejected', closed_at: new Date(), again_at: again });
    return 'rejected';
  }
  const words = trx('proposal_words')
    .where({ workspace_id, proposal_id: id, verdict: 'approve' })
    .whereNull('voided_at');
  if ((await countOf(words)) < approvals_needed) return 'waiting';
  await own.update({ state: 'approved' });
  return 'approved';
}

async function note(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  { id, record_class: recordClass, revision }: ProposalRow,
  said: ProposalVerdict & { readonly state: ProposalState; readonly instruction: InstructionRef | undefined },
): Promise<void> {
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: `retention.proposal_${said.verdict === 'approve' ? 'approved' : 'rejected'}`,
    subject: { kind: 'retention_proposal', id },
    details: { recordClass, revision, state: said.state },
    ...(said.instruction === undefined ? {} : { instruction: said.instruction }),
    ...(said.note === undefined ? {} : { note: said.note }),
  });
}
