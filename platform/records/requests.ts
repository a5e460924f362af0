/** Requests as they are shown: where each stands, what it waits for and what can be done. Never an identity's value. */
import { WAYS_OUT } from '../../domain/blockers.ts';
import type { Blocker } from '../../domain/blockers.ts';
import type { Regime } from '../../domain/deadlines.ts';
import { NotFound } from '../../domain/errors.ts';
import { REQUEST_ACTIONS, allowedActions, awaitedIn } from '../../domain/request.ts';
import type {
  AwaitedDecision,
  Release,
  RequestAction,
  RequestOutcome,
  RequestStatus,
  RequestType,
} from '../../domain/request.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../database.ts';
import { teamFilter } from './caller.ts';
import type { Caller } from './caller.ts';
import type { InstructionRef } from './instructions.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface RequestRecord {
  readonly id: string;
  readonly teamId: string | null;
  readonly type: RequestType;
  readonly regime: Regime;
  readonly regimeSource: string;
  readonly status: RequestStatus;
  readonly outcome: RequestOutcome | null;
  readonly release: Release;
  readonly identityTypes: readonly string[];
  readonly instruction: InstructionRef | null;
  readonly receivedByControllerAt: Date;
  readonly receivedAt: Date;
  readonly legalDueAt: Date;
  readonly contractualDueAt: Date;
  /** The decision that it waits for. */
  readonly waitingFor: AwaitedDecision | null;
  readonly waitingSince: Date | null;
  readonly blockedBy: Blocker | null;
  readonly blockedSince: Date | null;
  /** For an operator: what ends the blockage. */
  readonly wayOut: string | null;
  readonly needsAttention: boolean;
  readonly actions: readonly RequestAction[];
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
}

export interface RequestFilters {
  readonly status: RequestStatus | undefined;
  readonly type: RequestType | undefined;
  readonly dueBefore: Date | undefined;
}

export interface RequestRow {
  readonly id: string;
  readonly team_id: string | null;
  readonly type: RequestType;
  readonly regime: Regime;
  readonly regime_source: string;
  readonly status: RequestStatus;
  readonly outcome: RequestOutcome | null;
  readonly release: Release;
  readonly data_key_id: string;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
  readonly received_by_controller_at: Date;
  readonly received_by_us_at: Date;
  readonly legal_due_at: Date;
  readonly contractual_due_at: Date;
  readonly waiting_since: Date | null;
  readonly needs_attention: boolean;
  readonly blocked_by: Blocker | null;
  readonly blocked_since: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly closed_at: Date | null;
}

interface ShownRow extends RequestRow {
  readonly identity_types: readonly string[];
  /** When the message was written that is to start the run and has not reached Temporal. */
  readonly unstarted_since: Date | null;
  readonly has_erased: boolean;
}

const IDENTITY_TYPES = `ARRAY(SELECT DISTINCT type FROM request_identities identity
  WHERE (identity.workspace_id, identity.request_id) = (requests.workspace_id, requests.id) ORDER BY type) AS identity_types`;

const UNSTARTED_SINCE = `(SELECT min(created_at) FROM outbox
  WHERE (outbox.workspace_id, outbox.request_id) = (requests.workspace_id, requests.id)
    AND message = 'start' AND sent_at IS NULL) AS unstarted_since`;

/** From then on a request cannot be cancelled, although it may be planned and approved once more. */
const HAS_ERASED = `EXISTS (SELECT FROM erasures
  WHERE (erasures.workspace_id, erasures.request_id) = (requests.workspace_id, requests.id)
    AND (begun_at IS NOT NULL OR closed_at IS NOT NULL)) AS has_erased`;

function shownRequests(trx: Transaction, caller: Caller) {
  return trx('requests')
    .where({ workspace_id: caller.workspaceId, ...teamFilter(caller) })
    .select('requests.*', trx.raw(IDENTITY_TYPES), trx.raw(UNSTARTED_SINCE), trx.raw(HAS_ERASED));
}

export async function listRequests(
  db: Database,
  caller: Caller,
  { status, type, dueBefore }: RequestFilters,
  page: PageRequest,
): Promise<Page<RequestRecord>> {
  return db.withTenant(caller.workspaceId, async (trx) => {
    const query = shownRequests(trx, caller);
    if (status) void query.where({ status });
    if (type) void query.where({ type });
    if (dueBefore) void query.where('legal_due_at', '<', dueBefore);
    const { rows, last } = await readPage<ShownRow>(query, 'requests', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** Throws NotFound, also for a request of another team than the caller's. */
export async function readRequest(trx: Transaction, caller: Caller, id: string): Promise<RequestRecord> {
  const row = await shownRequests(trx, caller).where({ id }).first<ShownRow | undefined>();
  if (!row) throw noSuchRequest(id);
  return toRecord(row);
}

/** The same, locked until the transaction ends. */
export async function lockRequest(trx: Transaction, caller: Caller, id: string): Promise<RequestRow> {
  const row = await trx('requests')
    .where({ workspace_id: caller.workspaceId, id, ...teamFilter(caller) })
    .forUpdate()
    .first<RequestRow | undefined>();
  if (!row) throw noSuchRequest(id);
  return row;
}

/** Whether erasing has begun for a request, or was answered in part. */
export async function hasErased(trx: Transaction, { workspaceId, requestId }: RequestRef): Promise<boolean> {
  const row = await trx('requests')
    .where({ workspace_id: workspaceId, id: requestId })
    .first<{ has_erased: boolean } | undefined>(trx.raw(HAS_ERASED));
  return row?.has_erased ?? false;
}

function noSuchRequest(id: string): Error {
  return new NotFound(`There is no request ${id}.`);
}

function toRecord(row: ShownRow): RequestRecord {
  return {
    id: row.id,
    teamId: row.team_id,
    type: row.type,
    regime: row.regime,
    regimeSource: row.regime_source,
    status: row.status,
    outcome: row.outcome,
    release: row.release,
    identityTypes: row.identity_types,
    instruction: instructionOf(row),
    receivedByControllerAt: row.received_by_controller_at,
    receivedAt: row.received_by_us_at,
    legalDueAt: row.legal_due_at,
    contractualDueAt: row.contractual_due_at,
    ...waitingOf(row),
    ...blockageOf(row),
    needsAttention: row.needs_attention,
    actions: actionsOf(row),
    updatedAt: row.updated_at,
    closedAt: row.closed_at,
  };
}

function actionsOf(row: ShownRow): readonly RequestAction[] {
  const allowed = allowedActions(row.status);
  return REQUEST_ACTIONS.filter((action) => {
    if (action === 'instruct') return takesInstruction(row);
    return allowed.includes(action) && !(action === 'cancel' && row.has_erased);
  });
}

function instructionOf({ instruction_id, instruction_version }: RequestRow): InstructionRef | null {
  return instruction_id === null || instruction_version === null
    ? null
    : { id: instruction_id, version: instruction_version };
}

/**
 * Whether an instruction can be given now: while the request waits for one, and before, as long as it has none. One that
 * waits may have one that is no longer in force.
 */
export function takesInstruction(row: Pick<RequestRow, 'status' | 'instruction_id'>): boolean {
  if (row.status === 'received') return row.instruction_id === null;
  return allowedActions(row.status).includes('instruct');
}

function waitingOf({ status, waiting_since }: ShownRow): Pick<RequestRecord, 'waitingFor' | 'waitingSince'> {
  const awaited = awaitedIn(status);
  return { waitingFor: awaited ?? null, waitingSince: awaited === undefined ? null : waiting_since };
}

/** A run that could not be started is blocked by Temporal; that no activity can say. */
function blockageOf({
  blocked_by,
  blocked_since,
  unstarted_since,
}: ShownRow): Pick<RequestRecord, 'blockedBy' | 'blockedSince' | 'wayOut'> {
  const blockedBy = unstarted_since ? 'temporal' : blocked_by;
  return { blockedBy, blockedSince: unstarted_since ?? blocked_since, wayOut: blockedBy && WAYS_OUT[blockedBy] };
}
