/** The signed reports of retention reviews: what they are made of, and where they are kept. */
import { NotFound } from '../../domain/errors.ts';
import { groundsFor, maySee } from '../../domain/retention/rendering.ts';
import { RETENTION_REPORT_FORMAT, countsOf } from '../../domain/retention/report.ts';
import type { OwnRecords, ReportAudience, ReportedClass, RetentionReport } from '../../domain/retention/report.ts';
import type { FindingOutcome, ReviewProblem, ReviewRef } from '../../domain/retention/review.ts';
import type { Audience } from '../../domain/retention/words.ts';
import type { Database, Transaction } from '../database.ts';
import type { DetachedJws } from '../signing.ts';
import { SOFTWARE_VERSION } from '../software-version.ts';
import type { Caller } from './caller.ts';
import { disposalsEndedIn } from './disposals.ts';
import type { ProposalRow } from './retention-proposals.ts';
import { readForecast } from './retention-forecasts.ts';
import { requireReview, requireWhole } from './retention-reviews.ts';
import { weighedFrom } from './stored-grounds.ts';
import type { StoredGround } from './stored-grounds.ts';

/** A document with the signature over its exact bytes. */
export interface SignedReport {
  readonly document: string;
  readonly signature: DetachedJws;
}

export interface ReportFacts {
  readonly finishedAt: Date;
  readonly errors: readonly ReviewProblem[];
  readonly notReviewed: readonly string[];
  readonly ownRecords: OwnRecords;
}

interface FindingRow {
  readonly record_class: string;
  readonly source: string;
  readonly collection: string;
  readonly outcome: FindingOutcome;
  readonly rows: string;
  readonly grounds: readonly StoredGround[] | null;
  readonly ends_last: Date | null;
}

/** For each audience. Throws NotFound. */
export async function composeReports(
  trx: Transaction,
  ref: ReviewRef,
  facts: ReportFacts,
): Promise<readonly RetentionReport[]> {
  const { workspaceId, reviewId } = ref;
  const review = await requireReview(trx, ref);
  const workspace = await trx('workspaces').where({ id: workspaceId }).first<{ name: string }>('name');
  const findings = await trx('retention_findings')
    .where({ workspace_id: workspaceId, review_id: reviewId })
    .orderBy(['record_class', 'source', 'collection', 'outcome', 'combination'])
    .select<FindingRow[]>('record_class', 'source', 'collection', 'outcome', 'rows', 'grounds', 'ends_last');
  const during = { from: review.created_at, to: facts.finishedAt };
  const erasures = await disposalsEndedIn(trx, workspaceId, during);
  const proposals = await trx('retention_proposals')
    .where({ workspace_id: workspaceId })
    .whereNull('closed_at')
    .orderBy('record_class')
    .select<ProposalRow[]>();
  const holds = await holdsPastReview(trx, workspaceId);
  const common = {
    reviewId,
    workspace: { id: workspaceId, name: workspace.name },
    asOf: review.as_of.toISOString(),
    startedAt: review.created_at.toISOString(),
    finishedAt: facts.finishedAt.toISOString(),
    versions: { dataMap: review.map_version, schedule: review.schedule_version, software: SOFTWARE_VERSION },
    totals: countsOf(findings.map(({ outcome, rows }) => ({ outcome, rows: Number(rows) }))),
    erasures: erasures.map(({ erasureId, recordClass, journal }) => ({
      erasureId,
      recordClass,
      root: journal?.root ?? null,
      leaves: journal?.leaves ?? null,
    })),
    proposals: proposals.map((row) => ({
      id: row.id,
      recordClass: row.record_class,
      state: row.state,
      asOf: row.as_of.toISOString(),
      rows: Number(row.rows),
      approvalsNeeded: row.approvals_needed,
    })),
    continuedRequests: await countContinued(trx, workspaceId, during),
    ownRecords: facts.ownRecords,
    notReviewed: facts.notReviewed,
    errors: facts.errors.map(({ recordClass, problem }) => ({ recordClass: recordClass ?? null, problem })),
    forecastAsOf: review.forecast_at?.toISOString() ?? null,
    forecast: (await readForecast(trx, ref)).map(({ month, recordClass, rows }) => ({ month, recordClass, rows })),
  };
  return (['processor', 'controller'] as const).map((audience) => ({
    format: RETENTION_REPORT_FORMAT,
    audience,
    ...common,
    classes: classesFor(audience, findings),
    holdsToReview: holds.filter(({ visibility }) => maySee(audience, visibility)).map(({ id }) => id),
  }));
}

function classesFor(audience: ReportAudience, findings: readonly FindingRow[]): readonly ReportedClass[] {
  return [...Map.groupBy(findings, (row) => row.record_class)].map(([recordClass, rows]) => {
    const records = rows.map(({ source, collection, outcome, grounds, ends_last, ...each }) => {
      const shown = grounds === null ? undefined : groundsFor(audience, weighedFrom(grounds));
      const keptUntil = shown?.hidden === true ? null : (ends_last?.toISOString() ?? null);
      return { source, collection, outcome, rows: Number(each.rows), grounds: shown?.grounds ?? null, keptUntil };
    });
    return { recordClass, ...countsOf(records), records };
  });
}

export interface PastHold {
  readonly id: string;
  readonly visibility: Audience;
}

/** A hold never ends by a date; whoever it is of should look whether it is still needed. */
export async function holdsPastReview(trx: Transaction, workspaceId: string): Promise<readonly PastHold[]> {
  return trx('holds')
    .where({ workspace_id: workspaceId })
    .whereNot({ state: 'released' })
    .where('review_at', '<=', trx.fn.now())
    .orderBy('id')
    .select<PastHold[]>('id', 'visibility');
}

async function countContinued(
  trx: Transaction,
  workspaceId: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<number> {
  const row = await trx('erasures')
    .where({ workspace_id: workspaceId })
    .whereBetween('continued_at', [from, to])
    .count<{ count: string }>('* as count')
    .first();
  return Number(row?.count ?? 0);
}

export async function saveReport(
  trx: Transaction,
  { workspaceId, reviewId }: ReviewRef,
  audience: ReportAudience,
  { document, signature }: SignedReport,
): Promise<void> {
  await trx('retention_reports')
    .insert({
      workspace_id: workspaceId,
      review_id: reviewId,
      audience,
      document: Buffer.from(document),
      signature: JSON.stringify(signature),
    })
    .onConflict(['workspace_id', 'review_id', 'audience'])
    .ignore();
}

/** The one for the caller's party. Throws NotFound, also while the review goes on. */
export async function readReport(db: Database, caller: Caller, reviewId: string): Promise<SignedReport> {
  requireWhole(caller);
  const { workspaceId, principal } = caller;
  return db.withTenant(workspaceId, async (trx) => {
    await requireReview(trx, { workspaceId, reviewId });
    const row = await trx('retention_reports')
      .where({ workspace_id: workspaceId, review_id: reviewId, audience: principal.party })
      .first<{ document: Buffer; signature: DetachedJws } | undefined>('document', 'signature');
    if (!row) throw new NotFound(`The retention review ${reviewId} has no report yet.`);
    return { document: row.document.toString('utf8'), signature: row.signature };
  });
}
