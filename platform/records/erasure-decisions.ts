/** The decisions of a review one by one, as the caller's party may know them. */
import type { ErasureAction } from '../../domain/erasure.ts';
import type { Party } from '../../domain/parties.ts';
import type { Doubt, WeighedGround } from '../../domain/retention/decide.ts';
import { groundsTogether } from '../../domain/retention/alike.ts';
import { groundsFor } from '../../domain/retention/rendering.ts';
import type { ShownGround } from '../../domain/retention/rendering.ts';
import { appendAudit } from '../audit.ts';
import type { Database, Transaction } from '../database.ts';
import type { KeyRing } from '../keys.ts';
import { comparePositions, isPending, readAlike } from './alike-decisions.ts';
import type { AlikeDecisions, StoredDecision } from './alike-decisions.ts';
import type { Caller } from './caller.ts';
import { readStoredSamples } from './decision-samples.ts';
import type { SampleRow } from './decision-samples.ts';
import type { Verdict } from './erasure-approvals.ts';
import { requireErasure } from './erasure-review.ts';
import type { ErasureRow } from './erasure-review.ts';
import { readRequest } from './requests.ts';
import { readAuthorities } from './rule-authorities.ts';
import type { Authority } from './rule-authorities.ts';
import { weighedFrom } from './stored-grounds.ts';

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

/**
 * A page of the present plan's decisions, by class, source and collection; those that look alike to the caller are one. Its sample rows are of people, if masked, so that
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
    const { party } = caller.principal;
    const found = await selectFrom(trx, erasure, await readAlike(trx, erasure, party), filters, page.after);
    const rows = found.slice(0, page.limit);
    const ids = rows.flatMap((alike) => alike.map(({ id }) => id));
    const words = await readWords(trx, erasure, ids);
    const samples = await readStoredSamples(trx, ring, ref, ids);
    const shown = rows.map((alike) => show(alike, party, words, samples));
    const authorities = await readAuthorities(
      trx,
      shown.flatMap(({ grounds }) => grounds),
    );
    if (samples.size > 0) await noteLook(trx, caller, requestId, rows.length);
    return {
      rows: shown.map((each) => ({
        ...each,
        grounds: each.grounds.map((ground) => withAuthority(ground, authorities)),
      })),
      next: found.length > page.limit ? (shown.at(-1)?.id ?? null) : null,
    };
  });
}

/** Those that come after the last of the page before. */
async function selectFrom(
  trx: Transaction,
  { workspace_id, request_id }: ErasureRow,
  all: readonly AlikeDecisions[],
  { decision, recordClass, pending }: DecisionFilters,
  after: string | undefined,
): Promise<readonly AlikeDecisions[]> {
  const wanted = all.filter(
    (alike) =>
      (decision === undefined || alike[0].decision === decision) &&
      (recordClass === undefined || alike[0].record_class === recordClass) &&
      (pending === undefined || isPending(alike) === pending),
  );
  if (after === undefined) return wanted;
  const last = await trx('decisions')
    .where({ workspace_id, request_id, id: after })
    .first<StoredDecision | undefined>('record_class', 'source', 'collection', 'id');
  return last === undefined ? [] : wanted.filter(([first]) => comparePositions(first, last) > 0);
}

/** Of what is one decision to whom it is shown to, no more samples are shown than of any other. */
const SAMPLES_AT_MOST = 3;

/** An exception has no versions, so what it stood on was kept with it. */
type AuthorisedGround = ShownGround & { readonly authority: Authority | undefined };

type Shown = Omit<DecisionRecord, 'grounds'> & { readonly grounds: readonly AuthorisedGround[] };

function show(
  alike: AlikeDecisions,
  party: Party,
  words: ReadonlyMap<string, readonly WordRecord[]>,
  samples: ReadonlyMap<string, readonly SampleRow[]>,
): Shown {
  const [row, ...others] = alike;
  const weighed = weighedFrom(row.grounds);
  const { grounds, hidden, doubts } = groundsFor(party, weighed);
  const otherGrounds = others.map((each) => groundsFor(party, weighedFrom(each.grounds)).grounds);
  return {
    id: row.id,
    recordClass: row.record_class,
    source: row.source,
    collection: row.collection,
    decision: row.decision,
    rows: alike.reduce((sum, each) => sum + Number(each.rows), 0),
    keeps: row.keeps,
    ends: row.decision === 'erase' ? null : endsOf(alike, hidden),
    grounds: groundsTogether([grounds, ...otherGrounds]).map((each) => ({
      ...each,
      authority: authorityOf(each, weighed),
    })),
    doubts: hidden ? doubts : row.doubts,
    approvalsNeeded: Math.max(...alike.map((each) => each.approvals_needed)),
    pending: isPending(alike),
    words: wordsOn(alike, words),
    samples: alike.flatMap(({ id }) => samples.get(id) ?? []).slice(0, SAMPLES_AT_MOST),
  };
}

/** Null is open, and open is later than any date. */
function endsOf(alike: AlikeDecisions, hidden: boolean): NonNullable<DecisionRecord['ends']> {
  if (hidden) return { first: null, last: null };
  const time = (end: Date | null): number => end?.getTime() ?? Infinity;
  const ends = (pick: (row: StoredDecision) => Date | null) =>
    alike.map(pick).toSorted((a, b) => time(a) - time(b) || 0);
  return { first: ends((row) => row.ends_first)[0] ?? null, last: ends((row) => row.ends_last).at(-1) ?? null };
}

/** An approval that stands for all of them, for one that stands for some is to be said again; and every rejection. */
function wordsOn(alike: AlikeDecisions, words: ReadonlyMap<string, readonly WordRecord[]>): readonly WordRecord[] {
  const needed = alike.filter(({ approvals_needed: people }) => people > 0).map(({ id }) => words.get(id) ?? []);
  const said = [...Map.groupBy(needed.flat(), ({ principalId, verdict }) => `${principalId} ${verdict}`).values()];
  return said
    .filter((each) => each.length === needed.length || each[0]?.verdict === 'reject')
    .flatMap((each) => each.toSorted((a, b) => a.at.getTime() - b.at.getTime()).at(-1) ?? []);
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
