/** What people see of the retention review's proposals. */
import { NotFound } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import type { ProposalState } from '../../domain/retention/review.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import type { Verdict } from './erasure-approvals.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';
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
    const query = trx('retention_proposals')
      .where({ workspace_id: caller.workspaceId })
      .select('retention_proposals.*');
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

/** Throws NotFound. */
export async function requireProposal(
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

function toRecord(
  row: ProposalRow,
  words: readonly (ProposalWord & { readonly proposalId: string })[],
): ProposalRecord {
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
