/** The decisions of a review one by one, as the caller's party may know them. */
import type { ErasureAction } from '../../domain/erasure.ts';
import type { Party } from '../../domain/parties.ts';
import type { Doubt, WeighedGround } from '../../domain/retention/decide.ts';
import { groundsFor } from '../../domain/retention/rendering.ts';
import type { ShownGround } from '../../domain/retention/rendering.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import type { Caller } from './caller.ts';
import { readStoredSamples } from './decision-samples.ts';
import type { SampleRow } from './decision-samples.ts';
import type { Verdict } from './erasure-approvals.ts';
import { IS_PENDING, currentDecisions, requireErasure } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import { readRequest } from './requests.ts';
import { readAuthorities } from './rule-authorities.ts';
import type { Authority } from './rule-authorities.ts';
import { weighedFrom } from './stored-grounds.ts';
import type { StoredGround } from './stored-grounds.ts';

interface GroundRecord extends ShownGround {
  /** In words, and where it can be read; null of what is no rule and no exception of the schedule. */
  readonly basis: string | null;
  readonly source: string | null;
}

interface WordRecord {
  readonly principalId: string;
  readonly party: Party;
  readonly verdict: Verdict;
  readonly at: Date;
}

export interface DecisionRecord {
  readonly id: string;
  readonly recordClass: string;
  readonly source: string;
  readonly collection: string;
  readonly decision: ErasureAction;
  readonly rows: number;
  /** Columns that stay, of a pseudonymisation. */
  readonly keeps: readonly string[];
  /** Of its records, when the first and the last are no longer retained; null is open. Null of an erasure. */
  readonly ends: { readonly first: Date | null; readonly last: Date | null } | null;
  readonly grounds: readonly GroundRecord[];
  readonly doubts: readonly Doubt[];
  readonly approvalsNeeded: number;
  readonly pending: boolean;
  readonly words: readonly WordRecord[];
  readonly samples: readonly SampleRow[];
}

export interface DecisionFilters {
  readonly decision: ErasureAction | undefined;
  readonly recordClass: string | undefined;
  readonly pending: boolean | undefined;
}

export interface DecisionPage {
  readonly limit: number;
  /** The id of the last decision of the page before. */
  readonly after: string | undefined;
}

interface DecisionRow {
  readonly id: string;
  readonly record_class: string;
  readonly source: string;
  readonly collection: string;
  readonly decision: ErasureAction;
  readonly rows: string;
  readonly keeps: readonly string[];
  readonly ends_first: Date | null;
  readonly ends_last: Date | null;
  readonly grounds: readonly StoredGround[];
  readonly doubts: readonly Doubt[];
  readonly approvals_needed: number;
  readonly pending: boolean;
}

/**
 * A page of the present plan's decisions, by class, source and collection. Its sample rows are of people, if masked, so that
 * they were looked at is audited. Throws NotFound; SealBroken when the request's data key was destroyed.
 */
export async function listDecisions(
  db: Database,
  ring: KeyRing,
  caller: Caller,
  requestId: string,
  filters: DecisionFilters,
  page: DecisionPage,
): Promise<{ readonly rows: readonly DecisionRecord[]; readonly next: string | null }> {
  const ref = { workspaceId: caller.workspaceId, requestId };
  return db.withTenant(caller.workspaceId, async (trx) => {
    await readRequest(trx, caller, requestId);
    const erasure = await requireErasure(trx, ref);
    const found = await readRows(trx, erasure, filters, page);
    const rows = found.slice(0, page.limit);
    const ids = rows.map(({ id }) => id);
    const words = await readWords(trx, erasure, ids);
    const samples = await readStoredSamples(trx, ring, ref, ids);
    const shown = rows.map((row) => show(row, caller.principal.party, words, samples));
    const authorities = await readAuthorities(
      trx,
      shown.flatMap(({ grounds }) => grounds),
    );
    if (samples.size > 0) await noteLook(trx, caller, requestId, ids.length);
    return {
      rows: shown.map((each) => ({
        ...each,
        grounds: each.grounds.map((ground) => withAuthority(ground, authorities)),
      })),
      next: found.length > page.limit ? (ids.at(-1) ?? null) : null,
    };
  });
}

const POSITION = 'decisions.record_class, decisions.source, decisions.collection, decisions.id';

function readRows(
  trx: Transaction,
  erasure: ErasureRow,
  { decision, recordClass, pending }: DecisionFilters,
  { limit, after }: DecisionPage,
): Promise<DecisionRow[]> {
  const query = currentDecisions(trx, erasure).select('decisions.*', trx.raw(`${IS_PENDING} AS pending`));
  if (decision !== undefined) void query.where({ decision });
  if (recordClass !== undefined) void query.where({ record_class: recordClass });
  if (pending !== undefined) void query.whereRaw(`(${IS_PENDING}) = ?`, [pending]);
  if (after !== undefined) {
    const last = trx('decisions')
      .where({ workspace_id: erasure.workspace_id, request_id: erasure.request_id, id: after })
      .select(trx.raw(POSITION));
    void query.whereRaw(`(${POSITION}) > (?)`, [last]);
  }
  return query.orderByRaw(POSITION).limit(limit + 1);
}

/** An exception has no versions, so what it stood on was kept with it. */
type AuthorisedGround = ShownGround & { readonly authority: Authority | undefined };

type Shown = Omit<DecisionRecord, 'grounds'> & { readonly grounds: readonly AuthorisedGround[] };

function show(
  row: DecisionRow,
  party: Party,
  words: ReadonlyMap<string, readonly WordRecord[]>,
  samples: ReadonlyMap<string, readonly SampleRow[]>,
): Shown {
  const weighed = weighedFrom(row.grounds);
  const { grounds, hidden, doubts } = groundsFor(party, weighed);
  const ends = hidden ? { first: null, last: null } : { first: row.ends_first, last: row.ends_last };
  return {
    id: row.id,
    recordClass: row.record_class,
    source: row.source,
    collection: row.collection,
    decision: row.decision,
    rows: Number(row.rows),
    keeps: row.keeps,
    ends: row.decision === 'erase' ? null : ends,
    grounds: grounds.map((each) => ({ ...each, authority: authorityOf(each, weighed) })),
    doubts: hidden ? doubts : row.doubts,
    approvalsNeeded: row.approvals_needed,
    pending: row.pending,
    words: words.get(row.id) ?? [],
    samples: samples.get(row.id) ?? [],
  };
}

function authorityOf({ kind, id }: ShownGround, weighed: readonly WeighedGround[]): Authority | undefined {
  if (kind !== 'exception') return undefined;
  const found = weighed.map(({ ground }) => ground).find((each) => each.kind === kind && each.exception === id);
  if (found?.kind !== kind || found.basis === undefined) return undefined;
  return { basis: found.basis, source: found.source ?? null };
}

function withAuthority(
  { authority, ...ground }: AuthorisedGround,
  authorities: ReadonlyMap<string, Authority>,
): GroundRecord {
  const found = ground.kind === 'rule' ? authorities.get(`${ground.id}@${ground.version}`) : authority;
  return { ...ground, basis: found?.basis ?? null, source: found?.source ?? null };
}

async function readWords(
  trx: Transaction,
  { workspace_id }: ErasureRow,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly WordRecord[]>> {
  const rows = await trx('decision_approvals')
    .where({ workspace_id })
    .whereIn('decision_id', [...ids])
    .whereNull('voided_at')
    .orderBy('id')
    .select<(WordRecord & { readonly decisionId: string })[]>({
      decisionId: 'decision_id',
      principalId: 'principal_id',
      party: 'party',
      verdict: 'verdict',
      at: 'at',
    });
  return Map.groupBy(rows, ({ decisionId }) => decisionId);
}

async function noteLook(
  trx: Transaction,
  { workspaceId, principal }: Caller,
  requestId: string,
  decisions: number,
): Promise<void> {
  await appendAudit(trx, workspaceId, {
    actor: principal,
    action: 'erasure.decisions_read',
    subject: { kind: 'request', id: requestId },
    details: { decisions },
  });
}
