/** A review at one look: what is to become of the records by class, who has said what, what else was decided. */
import type { ErasureAction, ErasureReviewState } from '../../domain/erasure.ts';
import type { Party } from '../../domain/parties.ts';
import { mayFollow } from '../../domain/request.ts';
import type { RequestStatus } from '../../domain/request.ts';
import { classesForSubject } from '../../domain/retention/rendering.ts';
import type { ClassDecision, SubjectClass } from '../../domain/retention/rendering.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { countAmong, isPending, readAlike } from './alike-decisions.ts';
import type { AlikeDecisions } from './alike-decisions.ts';
import { isControllers } from './authority.ts';
import type { Caller } from './caller.ts';
import type { Verdict } from './erasure-approvals.ts';
import { listOverrides } from './erasure-overrides.ts';
import type { OverrideRecord } from './erasure-overrides.ts';
import { currentDecisions, readReviewState, requireErasure } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import { readRequest } from './requests.ts';
import { weighedFrom } from './stored-grounds.ts';
import type { StoredGround } from './stored-grounds.ts';

/** `planning`: there is nothing to decide on yet, or no longer. `closed`: erasing has begun, or the request has ended. */
export const SHOWN_REVIEW_STATES = ['planning', 'awaited', 'approved', 'rejected', 'stale', 'closed'] as const;

/** Records by what is to become of them, and decisions, of which each is one combination of grounds as the party may know them. */
interface ClassSummary {
  readonly recordClass: string;
  readonly erase: number;
  readonly pseudonymise: number;
  readonly retain: number;
  readonly decisions: number;
  readonly pending: number;
}

/** What one person has said, on how many of the present plan's decisions. */
interface VoiceRecord {
  readonly principalId: string;
  readonly party: Party;
  readonly verdict: Verdict;
  readonly decisions: number;
  readonly lastAt: Date;
}

export interface ReviewRecord {
  readonly requestId: string;
  readonly status: RequestStatus;
  readonly erasureId: string;
  readonly generation: number;
  readonly state: (typeof SHOWN_REVIEW_STATES)[number];
  readonly plannedAt: Date | null;
  readonly mapVersion: string | null;
  readonly scheduleVersion: string | null;
  readonly classes: readonly ClassSummary[];
  /** Decisions that wait for a word. */
  readonly pending: number;
  /** How many different people must yet approve. */
  readonly peopleNeeded: number;
  readonly voices: readonly VoiceRecord[];
  readonly overrides: readonly OverrideRecord[];
  readonly coolingOffDays: number;
  readonly coolingOffUntil: Date | null;
  readonly decidesAlone: boolean;
  readonly forSubject: readonly SubjectClass[];
}

/** Throws NotFound while the request has no review; SealBroken when the request's data key was destroyed. */
export async function readErasureReview(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
): Promise<ReviewRecord> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  return db.withTenant(caller.workspaceId, async (trx) => {
    const { status } = await readRequest(trx, caller, requestId);
    const erasure = await requireErasure(trx, ref);
    const { state } = await readReviewState(trx, erasure);
    const decisions = await readAlike(trx, erasure, caller.principal.party);
    return {
      requestId,
      status,
      erasureId: erasure.id,
      generation: erasure.generation,
      state: shownState(status, state),
      plannedAt: erasure.planned_at,
      mapVersion: erasure.map_version,
      scheduleVersion: erasure.schedule_version,
      classes: summarise(decisions),
      pending: decisions.filter(isPending).length,
      peopleNeeded: await peopleNeeded(trx, erasure),
      voices: await readVoices(trx, erasure, decisions),
      overrides: await listOverrides(trx, ring, ref, caller.principal.party),
      coolingOffDays: await readCoolingOffDays(trx, caller.workspaceId),
      coolingOffUntil: erasure.cooling_off_until,
      decidesAlone: isControllers(caller.principal),
      forSubject: classesForSubject(await readClassDecisions(trx, erasure)),
    };
  });
}

function shownState(status: RequestStatus, state: ErasureReviewState['state']): ReviewRecord['state'] {
  if (status === 'planning') return 'planning';
  // It goes on after a partial answer, and has no plan yet but that of its last run.
  if (status === 'awaiting_instruction') return 'closed';
  return mayFollow(status, 'planning') && mayFollow(status, 'cancelled') ? state : 'closed';
}

function summarise(all: readonly AlikeDecisions[]): readonly ClassSummary[] {
  const byClass = Map.groupBy(all, ([{ record_class: recordClass }]) => recordClass);
  return [...byClass].map(([recordClass, own]) => {
    const records = (decision: ErasureAction): number =>
      own.flat().reduce((sum, each) => sum + (each.decision === decision ? Number(each.rows) : 0), 0);
    return {
      recordClass,
      erase: records('erase'),
      pseudonymise: records('pseudonymise'),
      retain: records('retain'),
      decisions: own.length,
      pending: own.filter(isPending).length,
    };
  });
}

async function peopleNeeded(trx: Transaction, erasure: ErasureRow): Promise<number> {
  const row: { needed: number | null } = await currentDecisions(trx, erasure)
    .first(trx.raw('max(decisions.approvals_needed - given.words)::integer AS needed'))
    .joinRaw(
      `CROSS JOIN LATERAL (SELECT count(*) AS words FROM decision_approvals approval
         WHERE (approval.workspace_id, approval.decision_id) = (decisions.workspace_id, decisions.id)
           AND approval.verdict = 'approve' AND approval.voided_at IS NULL) given`,
    );
  return Math.max(row.needed ?? 0, 0);
}

interface WordRow extends Omit<VoiceRecord, 'decisions' | 'lastAt'> {
  readonly decisionId: string;
  readonly at: Date;
}

/** In the order in which they were heard last. */
async function readVoices(
  trx: Transaction,
  erasure: ErasureRow,
  all: readonly AlikeDecisions[],
): Promise<readonly VoiceRecord[]> {
  const rows: readonly WordRow[] = await trx('decision_approvals as word')
    .where({ 'word.workspace_id': erasure.workspace_id })
    .whereNull('word.voided_at')
    .whereIn('word.decision_id', currentDecisions(trx, erasure).select('decisions.id'))
    .orderBy('word.at')
    .select({
      principalId: 'word.principal_id',
      party: 'word.party',
      verdict: 'word.verdict',
      decisionId: 'word.decision_id',
      at: 'word.at',
    });
  const voices = Map.groupBy(rows, ({ principalId, party, verdict }) => `${principalId} ${party} ${verdict}`);
  return [...voices.values()]
    .flatMap((own) => {
      const last = own.at(-1);
      if (last === undefined) return [];
      const { principalId, party, verdict, at: lastAt } = last;
      const decisions = countAmong(all, new Set(own.map(({ decisionId }) => decisionId)));
      return [{ principalId, party, verdict, decisions, lastAt }];
    })
    .toSorted((a, b) => a.lastAt.getTime() - b.lastAt.getTime());
}

async function readCoolingOffDays(trx: Transaction, id: string): Promise<number> {
  const row = await trx('workspaces').where({ id }).first<{ cooling_off_days: number }>('cooling_off_days');
  return row.cooling_off_days;
}

interface ClassRow {
  readonly record_class: string;
  readonly decision: ClassDecision['decision'];
  readonly grounds: readonly StoredGround[];
  readonly ends_last: Date | null;
}

/** There are as many as combinations of grounds, which is few however many records there are. */
async function readClassDecisions(trx: Transaction, erasure: ErasureRow): Promise<readonly ClassDecision[]> {
  const rows: ClassRow[] = await currentDecisions(trx, erasure)
    .where('rows', '>', 0)
    .distinct('record_class', 'decision', 'grounds', 'ends_last');
  return rows.map(({ record_class, decision, grounds, ends_last }) => ({
    recordClass: record_class,
    decision,
    grounds: weighedFrom(grounds),
    end: decision === 'erase' ? undefined : (ends_last ?? 'open'),
  }));
}
