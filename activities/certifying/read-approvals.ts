/** Who has approved an erasure, and what: for its certificate, which counts decisions as its audience tells them apart. */
import type { ApprovalEvidence } from '../../domain/certificate/evidence.ts';
import type { Party } from '../../domain/parties.ts';
import type { Transaction } from '../../platform/database.ts';
import { decidedBy } from '../../platform/records/alike-decisions.ts';
import type { StoredDecision } from '../../platform/records/alike-decisions.ts';
import type { ErasureRecord } from './read-records.ts';

interface ApprovalRow extends Omit<StoredDecision, 'pending'> {
  readonly principal_id: string;
  readonly party: Party;
  readonly instruction_id: string;
  readonly instruction_version: number;
  readonly at: Date;
}

/** Those that stand, in the order in which each was heard last. */
export async function readApprovals(
  trx: Transaction,
  { workspace_id, request_id, id }: Pick<ErasureRecord, 'workspace_id' | 'request_id' | 'id'>,
): Promise<readonly ApprovalEvidence[]> {
  const rows = await trx('decision_approvals as approval')
    .join('decisions', {
      'decisions.workspace_id': 'approval.workspace_id',
      'decisions.request_id': 'approval.request_id',
      'decisions.id': 'approval.decision_id',
    })
    .where({ 'approval.workspace_id': workspace_id, 'approval.request_id': request_id, 'decisions.erasure_id': id })
    .where({ 'approval.verdict': 'approve' })
    .whereNull('approval.voided_at')
    .select<ApprovalRow[]>('decisions.*', 'approval.principal_id', 'approval.party', 'approval.at', {
      instruction_id: 'approval.instruction_id',
      instruction_version: 'approval.instruction_version',
    });
  const voices = Map.groupBy(rows, (row) =>
    JSON.stringify([row.principal_id, row.party, row.instruction_id, row.instruction_version]),
  );
  return [...voices.values()]
    .flatMap((own) => {
      const last = own.toSorted((a, b) => a.at.getTime() - b.at.getTime()).at(-1);
      return last === undefined ? [] : [approvalOf(last, own)];
    })
    .toSorted((a, b) => (a.at === b.at ? compare(a.principal ?? '', b.principal ?? '') : compare(a.at, b.at)));
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function approvalOf(last: ApprovalRow, own: readonly ApprovalRow[]): ApprovalEvidence {
  return {
    principal: last.principal_id,
    party: last.party,
    at: last.at.toISOString(),
    decisions: own.map((row) => decidedBy(row)),
    instruction: { id: last.instruction_id, version: last.instruction_version },
  };
}
