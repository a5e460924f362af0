/** Runs of the retention review over a workspace, with what each found of the records. */
import { randomUUID } from 'node:crypto';
import { Conflict, NotFound } from '../../domain/errors.ts';
import type { WeighedGround } from '../../domain/retention/decide.ts';
import type { FindingOutcome, ReviewCounts, ReviewRef, ReviewedClass } from '../../domain/retention/review.ts';
import type { Database, Transaction } from '../database.ts';
import type { Caller } from './caller.ts';
import { readPage } from './paging.ts';
import type { Page, PageRequest } from './paging.ts';

export interface ReviewRow {
  readonly id: string;
  readonly workspace_id: string;
  readonly created_at: Date;
  readonly as_of: Date;
  readonly schedule_version: string | null;
  readonly map_version: string;
  readonly finished_at: Date | null;
  readonly forecast_at: Date | null;
  readonly due: string | null;
  readonly erased: string | null;
  readonly retained: string | null;
  readonly waiting: string | null;
  readonly errors: number | null;
}

/** The review that is open in the workspace, or a new one: a run that died is gone on with. */
export async function openReview(trx: Transaction, workspaceId: string, mapVersion: string): Promise<ReviewRow> {
  const now = new Date();
  await trx('retention_reviews')
    .insert({ id: randomUUID(), workspace_id: workspaceId, created_at: now, as_of: now, map_version: mapVersion })
    .onConflict(trx.raw('(workspace_id) WHERE finished_at IS NULL'))
    .ignore();
  return trx('retention_reviews').where({ workspace_id: workspaceId }).whereNull('finished_at').first<ReviewRow>();
}

/** Throws NotFound. */
export async function requireReview(trx: Transaction, { workspaceId, reviewId }: ReviewRef): Promise<ReviewRow> {
  const row = await trx('retention_reviews')
    .where({ workspace_id: workspaceId, id: reviewId })
    .first<ReviewRow | undefined>();
  if (!row) throw new NotFound(`There is no retention review ${reviewId} of this workspace.`);
  return row;
}

/** When the one before it began; undefined of the first. */
export async function lastReviewAt(trx: Transaction, { workspaceId, reviewId }: ReviewRef): Promise<Date | undefined> {
  const row = await trx('retention_reviews')
    .where({ workspace_id: workspaceId })
    .whereNot({ id: reviewId })
    .max<{ at: Date | null }[]>({ at: 'created_at' });
  return row[0]?.at ?? undefined;
}

/** Everything of a run is decided by one schedule. Throws Conflict when it was begun by another. */
export async function bindSchedule(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
  version: string,
): Promise<void> {
  const bound = await trx('retention_reviews')
    .where({ workspace_id: workspaceId, id: reviewId })
    .whereRaw('(schedule_version IS NULL OR schedule_version = ?)', [version])
    .update({ schedule_version: version });
  if (bound === 0) throw new Conflict('Another retention schedule was put into force during the review.');
}

/** Records of a collection that agree in their grounds. */
export interface Finding {
  readonly source: string;
  readonly collection: string;
  readonly combination: string;
  readonly outcome: FindingOutcome;
  readonly rows: number;
  /** Of what is retained. */
  readonly grounds: readonly WeighedGround[] | undefined;
  readonly endsLast: Date | 'open' | undefined;
}

/** In the place of what an earlier attempt of the run found; what it erased stays. */
export async function saveFindings(
  trx: Transaction,
  { workspaceId, reviewId, recordClass }: ReviewedClass,
  findings: readonly Finding[],
): Promise<void> {
  const of = { workspace_id: workspaceId, review_id: reviewId, record_class: recordClass };
  await trx('retention_findings').where(of).whereNot({ outcome: 'erased' }).delete();
  await addFindings(trx, of, findings);
}

/** What a run erased, written once: with the end of the erasure. */
export async function saveErased(
  trx: Transaction,
  { workspaceId, reviewId, recordClass }: ReviewedClass,
  erased: readonly Pick<Finding, 'source' | 'collection' | 'combination' | 'rows'>[],
): Promise<void> {
  const of = { workspace_id: workspaceId, review_id: reviewId, record_class: recordClass };
  const findings = erased.map((each) => ({
    ...each,
    outcome: 'erased' as const,
    grounds: undefined,
    endsLast: undefined,
  }));
  await addFindings(trx, of, findings);
}

async function addFindings(trx: Transaction, of: object, findings: readonly Finding[]): Promise<void> {
  const found = findings
    .filter(({ rows }) => rows > 0)
    .map(({ grounds, endsLast, ...each }) => ({
      ...of,
      ...each,
      grounds: grounds === undefined ? null : JSON.stringify(grounds),
      ends_last: endsLast instanceof Date ? endsLast : null,
    }));
  if (found.length > 0) await trx('retention_findings').insert(found);
}

/** Ends the run; the counts are the sums of its findings. Doing it again answers the same. */
export async function finishReview(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
  { errors, at }: { readonly errors: number; readonly at: Date },
): Promise<ReviewCounts> {
  const of = { workspace_id: workspaceId, review_id: reviewId };
  const sums = await trx('retention_findings')
    .where(of)
    .groupBy('outcome')
    .select<{ outcome: FindingOutcome; rows: string }[]>('outcome', trx.raw('sum(rows) AS rows'));
  const sum = (outcome: FindingOutcome) => Number(sums.find((each) => each.outcome === outcome)?.rows ?? 0);
  const parts = { erased: sum('erased'), retained: sum('retained'), waiting: sum('waiting') };
  const counts = { due: parts.erased + parts.retained + parts.waiting, ...parts };
  await trx('retention_reviews')
    .where({ workspace_id: workspaceId, id: reviewId })
    .whereNull('finished_at')
    .update({ ...counts, errors, finished_at: at });
  return counts;
}

export interface ReviewRecord {
  readonly id: string;
  readonly startedAt: Date;
  /** Due is what had ended by then. */
  readonly asOf: Date;
  readonly finishedAt: Date | null;
  readonly scheduleVersion: string | null;
  readonly mapVersion: string;
  /** Null while it goes on. */
  readonly counts: ReviewCounts | null;
  readonly errors: number | null;
}

/** The newest first. */
export async function listReviews(db: Database, caller: Caller, page: PageRequest): Promise<Page<ReviewRecord>> {
  requireWhole(caller);
  return db.withTenant(caller.workspaceId, async (trx) => {
    const query = trx('retention_reviews').where({ workspace_id: caller.workspaceId }).select('retention_reviews.*');
    const { rows, last } = await readPage<ReviewRow>(query, 'retention_reviews', page);
    return { rows: rows.map(toReview), last };
  });
}

/** Throws NotFound. */
export async function readReview(db: Database, caller: Caller, reviewId: string): Promise<ReviewRecord> {
  requireWhole(caller);
  const ref = { workspaceId: caller.workspaceId, reviewId };
  return toReview(await db.withTenant(caller.workspaceId, (trx) => requireReview(trx, ref)));
}

/** A team's key sees its team's records, and a review is of the whole workspace. Throws NotFound. */
export function requireWhole({ principal }: Caller): void {
  if (principal.teamId !== undefined)
    throw new NotFound('There are no retention reviews for the key of a team: each is of the whole workspace.');
}

function toReview(row: ReviewRow): ReviewRecord {
  const { due, erased, retained, waiting } = row;
  const counts = { due: Number(due), erased: Number(erased), retained: Number(retained), waiting: Number(waiting) };
  return {
    id: row.id,
    startedAt: row.created_at,
    asOf: row.as_of,
    finishedAt: row.finished_at,
    scheduleVersion: row.schedule_version,
    mapVersion: row.map_version,
    counts: row.finished_at === null ? null : counts,
    errors: row.errors,
  };
}
