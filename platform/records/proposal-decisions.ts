/** What people see of the retention review's proposals, and their words on them. */
import { Conflict, NotFound, WrongParty } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import type { ProposalState } from '../../domain/retention/review.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import { isControllers } from './authority.ts';
import type { NamedInstruction } from './authority.ts';
import type { Caller } from './caller.ts';
import type { Verdict } from './erasure-approvals.ts';
import { requireUsable } from './instructions.ts';
import type { InstructionRef } from './instructions.ts';
import { countOf, readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
import { claimKey } from './repeats.ts';
import type { Repeat } from './repeats.ts';
import type { ProposalRow } from './retention-proposals.ts';
import { requireWhole } from './retention-reviews.ts';

interface ProposalWord {
  readonly principalId: string;
  readonly party: Party;
  readonly verdict: Verdict;
  readonly at: Date;
}

export interface ProposalRecord {
  readonly id: string;
  readonly recordClass: string;
  readonly state: ProposalState;
  /** It is of what had ended by then. */
  readonly asOf: Date;
  readonly rows: number;
  readonly collections: readonly { readonly source: string; readonly collection: string; readonly rows: number }[];
  readonly approvalsNeeded: number;
  readonly revision: number;
  readonly createdAt: Date;
  readonly closedAt: Date | null;
  readonly againAt: Date | null;
  /** Records; null while it was not carried out. */
  readonly erased: number | null;
  readonly words: readonly ProposalWord[];
}

/** The newest first. */
export async function listProposals(
  db: Database,
  caller: Caller,
  { state }: { readonly state: ProposalState | undefined },
  page: PageRequest,
): Promise<Page<ProposalRecord>> {
  requireWhole(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const query = trx('retention_proposals').where({ workspace_id: caller.workspaceId }).select('retention_proposals.*');
    if (state !== undefined) void query.where({ state });
    const { rows, last } = await readPage<ProposalRow>(query, 'retention_proposals', page);
    return { rows: await withWords(trx, rows), last };
  });
}

/** Throws NotFound. */
export async function readProposal(db: Database, caller: Caller, id: string): Promise<ProposalRecord> {
  requireWhole(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const [record] = await withWords(trx, [await requireProposal(trx, caller, id)]);
    if (record === undefined) throw missing(id);
    return record;
  });
}

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
    if (proposal.state !== 'waiting') throw new Conflict(`The proposal is ${proposal.state}: nothing waits for a word.`);
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
  const words = trx('proposal_words').where({ workspace_id, proposal_id: id, verdict: 'approve' }).whereNull('voided_at');
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

async function requireProposal(
  trx: Transaction,
  { workspaceId }: Caller,
  id: string,
  isLocked = false,
): Promise<ProposalRow> {
  const query = trx('retention_proposals').where({ workspace_id: workspaceId, id });
  if (isLocked) void query.forUpdate();
  const row = await query.first<ProposalRow | undefined>();
  if (!row) throw missing(id);
  return row;
}

const missing = (id: string): Error => new NotFound(`There is no proposal ${id} of the retention review.`);

async function withWords(trx: Transaction, rows: readonly ProposalRow[]): Promise<readonly ProposalRecord[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const words = await trx('proposal_words')
    .where({ workspace_id: first.workspace_id })
    .whereIn(
      'proposal_id',
      rows.map(({ id }) => id),
    )
    .whereNull('voided_at')
    .orderBy('id')
    .select<(ProposalWord & { readonly proposalId: string })[]>({
      proposalId: 'proposal_id',
      principalId: 'principal_id',
      party: 'party',
      verdict: 'verdict',
      at: 'at',
    });
  const byProposal = Map.groupBy(words, ({ proposalId }) => proposalId);
  return rows.map((row) => toRecord(row, byProposal.get(row.id) ?? []));
}

function toRecord(row: ProposalRow, words: readonly (ProposalWord & { readonly proposalId: string })[]): ProposalRecord {
  return {
    id: row.id,
    recordClass: row.record_class,
    state: row.state,
    asOf: row.as_of,
    rows: Number(row.rows),
    collections: collectionsOf(row),
    approvalsNeeded: row.approvals_needed,
    revision: row.revision,
    createdAt: row.created_at,
    closedAt: row.closed_at,
    againAt: row.again_at,
    erased: row.erased === null ? null : Number(row.erased),
    words: words.map(({ principalId, party, verdict, at }) => ({ principalId, party, verdict, at })),
  };
}

/** What a group's grounds are is the engine's: people are asked about what nothing keeps. */
function collectionsOf({ groups }: ProposalRow): ProposalRecord['collections'] {
  const byPlace = Map.groupBy(groups, ({ source, collection }) => JSON.stringify([source, collection]));
  return [...byPlace.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { source, collection } = first;
    return [{ source, collection, rows: some.reduce((sum, { rows }) => sum + rows, 0) }];
  });
}
