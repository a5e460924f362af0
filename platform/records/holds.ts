/** Holds as they are shown: what each is about, how far it has got and what happened to it. Never an identity's value. */
import type { ErasedBefore, HeldRecord, HoldPurpose, HoldScope, HoldState } from '../../domain/holds.ts';
import { NotFound } from '../../domain/errors.ts';
import type { Party } from '../../domain/parties.ts';
import { maySee } from '../../domain/retention/rendering.ts';
import { AUDIENCES } from '../../domain/retention/words.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { requireWholeWorkspace } from './hold-authority.ts';
import { readJournal } from './hold-journal.ts';
import type { HoldEventRecord } from './hold-journal.ts';
import type { InstructionRef } from './instructions.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

/** What is stored in the clear of a scope; whom it is about is sealed. */
export type StoredScope = Omit<HoldScope, 'subject'>;

interface ShownScope {
  /** Nothing in the scope narrows it. */
  readonly workspace: boolean;
  readonly subject: readonly { readonly type: string }[] | null;
  readonly records: readonly HeldRecord[] | null;
  readonly classes: readonly string[] | null;
  readonly dates: NonNullable<HoldScope['dates']> | null;
}

export interface HoldRecord {
  readonly id: string;
  readonly party: Party;
  readonly visibility: Audience;
  readonly matter: string;
  readonly authority: string;
  readonly purpose: HoldPurpose;
  readonly scope: ShownScope;
  readonly state: HoldState;
  readonly instruction: InstructionRef | null;
  readonly notifyEmail: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly effectiveAt: Date | null;
  readonly reviewAt: Date | null;
  /** Somebody was to look by now whether it is still needed. */
  readonly reviewDue: boolean;
  readonly releasedBy: string | null;
  readonly releasedAt: Date | null;
}

/** How far a source has been told of a hold. */
interface HoldSourceRecord {
  readonly source: string;
  readonly state: 'pending' | 'effective';
  readonly effectiveAt: Date | null;
  /** Erasures that were under way when it was told. */
  readonly erasuresUnderWay: readonly string[];
  /** What these had erased by then, by the source's ledger. */
  readonly erasedBefore: readonly ErasedBefore[];
}

export interface HoldDetails extends HoldRecord {
  readonly sources: readonly HoldSourceRecord[];
  readonly journal: readonly HoldEventRecord[];
}

export interface HoldRow {
  readonly id: string;
  readonly party: Party;
  readonly visibility: Audience;
  readonly matter: string;
  readonly authority: string;
  readonly purpose: HoldPurpose;
  readonly scope: StoredScope;
  readonly state: HoldState;
  readonly instruction_id: string | null;
  readonly instruction_version: number | null;
  readonly notify_email: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly effective_at: Date | null;
  readonly review_at: Date | null;
  readonly released_by: string | null;
  readonly released_at: Date | null;
}

interface ShownRow extends HoldRow {
  readonly subject_types: readonly string[];
}

export interface HoldFilters {
  readonly state: HoldState | undefined;
  /** Those alone whose day of review has passed. */
  readonly reviewDue: boolean | undefined;
}

/** Newest first; those in confidence are not there for whom they are kept from. */
export async function listHolds(
  db: Database,
  caller: Caller,
  { state, reviewDue }: HoldFilters,
  page: PageRequest,
): Promise<Page<HoldRecord>> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const query = visibleHolds(trx, caller);
    if (state) void query.where({ state });
    if (reviewDue) void query.whereNot({ state: 'released' }).where('review_at', '<=', trx.fn.now());
    const { rows, last } = await readPage<ShownRow>(query, 'holds', page);
    return { rows: rows.map(toRecord), last };
  });
}

/** Throws NotFound, also for a hold that is kept from the caller. */
export async function readHold(db: Database, caller: Caller, id: string): Promise<HoldDetails> {
  requireWholeWorkspace(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const row = await visibleHolds(trx, caller).where({ id }).first<ShownRow | undefined>();
    if (!row) throw noSuchHold(id);
    const ref = { workspaceId: caller.workspaceId, holdId: id };
    return { ...toRecord(row), sources: await readSources(trx, ref), journal: await readJournal(trx, ref) };
  });
}

/** Locks a hold until the transaction ends. Throws NotFound, also when it is kept from the caller. */
export async function lockHold(trx: Transaction, caller: Caller, id: string): Promise<HoldRow> {
  const row = await trx('holds')
    .where({ workspace_id: caller.workspaceId, id })
    .whereIn('visibility', seenBy(caller))
    .forUpdate()
    .first<HoldRow | undefined>();
  if (!row) throw noSuchHold(id);
  return row;
}

const noSuchHold = (id: string): Error => new NotFound(`There is no hold ${id}.`);

const seenBy = ({ principal }: Caller): Audience[] => AUDIENCES.filter((each) => maySee(principal.party, each));

const SUBJECT_TYPES = `ARRAY(SELECT type FROM hold_identities identity
  WHERE (identity.workspace_id, identity.hold_id) = (holds.workspace_id, holds.id) ORDER BY ordinal) AS subject_types`;

function visibleHolds(trx: Transaction, caller: Caller) {
  return trx('holds')
    .where({ workspace_id: caller.workspaceId })
    .whereIn('visibility', seenBy(caller))
    .select('holds.*', trx.raw(SUBJECT_TYPES));
}

async function readSources(
  trx: Transaction,
  { workspaceId, holdId }: { readonly workspaceId: string; readonly holdId: string },
): Promise<readonly HoldSourceRecord[]> {
  return trx('hold_sources')
    .where({ workspace_id: workspaceId, hold_id: holdId })
    .orderBy('source')
    .select<HoldSourceRecord[]>({
      source: 'source',
      state: 'state',
      effectiveAt: 'effective_at',
      erasuresUnderWay: 'erasures_before',
      erasedBefore: 'erased_before',
    });
}

function toRecord(row: ShownRow): HoldRecord {
  const { instruction_id: id, instruction_version: version } = row;
  return {
    id: row.id,
    party: row.party,
    visibility: row.visibility,
    matter: row.matter,
    authority: row.authority,
    purpose: row.purpose,
    scope: showScope(row),
    state: row.state,
    instruction: id === null || version === null ? null : { id, version },
    notifyEmail: row.notify_email,
    createdBy: row.created_by,
    createdAt: row.created_at,
    effectiveAt: row.effective_at,
    reviewAt: row.review_at,
    reviewDue: row.state !== 'released' && row.review_at !== null && row.review_at <= new Date(),
    releasedBy: row.released_by,
    releasedAt: row.released_at,
  };
}

function showScope({ scope: { records, classes, dates }, subject_types: types }: ShownRow): ShownScope {
  return {
    workspace: types.length === 0 && !records && !classes && !dates,
    subject: types.length === 0 ? null : types.map((type) => ({ type })),
    records: records ?? null,
    classes: classes ?? null,
    dates: dates ?? null,
  };
}
