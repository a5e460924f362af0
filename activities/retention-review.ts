/** The retention review of a workspace: what goes on by itself, what is due, what is erased and proposed, and the report. */
import type { ReviewCounts, ReviewFinished, ReviewPage, ReviewProblem } from '../domain/retention/review.ts';
import type { ReviewRef, ReviewSurvey, ReviewedClass, ReviewedWorkspace } from '../domain/retention/review.ts';
import type { Database } from '../platform/database.ts';
import { STEWARD_ITSELF, appendAudit } from '../platform/audit.ts';
import { continueDue } from '../platform/records/continuations.ts';
import { classesUnderDisposal } from '../platform/records/disposals.ts';
import { removeOwnRecords } from '../platform/records/own-records.ts';
import { openClasses } from '../platform/records/retention-proposals.ts';
import { composeReports, holdsPastReview, saveReport } from '../platform/records/retention-reports.ts';
import { saveForecast, takeForecast } from '../platform/records/retention-forecasts.ts';
import {
  bindSchedule,
  finishReview,
  lastReviewAt,
  openReview,
  requireReview,
} from '../platform/records/retention-reviews.ts';
import { signDetached } from '../platform/signing.ts';
import { currentControl } from './packaging/control.ts';
import type { Control } from './packaging/control.ts';
import type { DisposeDeps } from './retention/dispose.ts';
import { readSurroundings } from './retention/prepare.ts';
import { reviewClass } from './retention/review-class.ts';
import { surveyDue } from './retention/survey.ts';

export type RetentionReviewActivities = ReturnType<typeof createRetentionReviewActivities>;

/** Workspaces that are listed at a time. */
const PAGE = 200;

export function createRetentionReviewActivities(deps: DisposeDeps) {
  const { db, map } = deps;
  return {
    /** By id, after the one given. */
    async listWorkspaces(after: string): Promise<ReviewPage> {
      const rows = await db.withPlatform((trx) =>
        trx('workspaces').where('id', '>', after).orderBy('id').limit(PAGE).select<{ id: string }[]>('id'),
      );
      const workspaces = rows.map(({ id }) => id);
      return { workspaces, next: workspaces.length < PAGE ? undefined : workspaces.at(-1) };
    },

    /** Has the requests of the workspace go on that were answered in part and whose time has come. */
    async continueRequests({ workspaceId }: ReviewedWorkspace): Promise<{ continued: number }> {
      return { continued: await continueAll(db, workspaceId) };
    },

    /** Opens the review, or goes on with one that did not end. */
    async openRetentionReview({ workspaceId }: ReviewedWorkspace): Promise<{ reviewId: string }> {
      const { id } = await db.withTenant(workspaceId, (trx) => openReview(trx, workspaceId, map.version));
      return { reviewId: id };
    },

    /** Looks of which classes something is due, and what comes due. Throws InvalidSchedule while no schedule is in force. */
    async surveyRetention(ref: ReviewRef): Promise<ReviewSurvey> {
      return surveyRetention(deps, ref, currentControl());
    },

    /** For the queue steward-bulk: a worker that dies is followed by one that goes on. */
    async reviewClass(ref: ReviewedClass): Promise<Omit<ReviewCounts, 'erased'>> {
      return reviewClass(deps, ref, currentControl());
    },

    /** Ends the review with its signed reports. Idempotent. */
    async finishRetentionReview(ref: ReviewRef, errors: readonly ReviewProblem[]): Promise<ReviewFinished> {
      return finish(deps, ref, errors);
    },
  };
}

async function continueAll(db: Database, workspaceId: string): Promise<number> {
  let continued = 0;
  for (;;) {
    const fresh = await db.withTenant(workspaceId, (trx) => continueDue(trx, workspaceId));
    if (fresh === 0) return continued;
    continued += fresh;
  }
}

export async function surveyRetention(deps: DisposeDeps, ref: ReviewRef, control: Control): Promise<ReviewSurvey> {
  const stopBeating = control.beat(() => undefined);
  try {
    return await survey(deps, ref, control.signal);
  } finally {
    stopBeating();
  }
}

async function survey(deps: DisposeDeps, ref: ReviewRef, signal: AbortSignal): Promise<ReviewSurvey> {
  const { db } = deps;
  const { workspaceId } = ref;
  const { review, open, holds } = await db.withTenant(workspaceId, async (trx) => ({
    review: await requireReview(trx, ref),
    open: [...(await openClasses(trx, workspaceId)), ...(await classesUnderDisposal(trx, workspaceId))],
    holds: await holdsPastReview(trx, workspaceId),
  }));
  const surroundings = await readSurroundings(deps, workspaceId);
  const { version } = surroundings.schedule;
  const isForecast = !(await db.withTenant(workspaceId, (trx) => takeForecast(trx, ref, version)));
  const { due, forecast } = await surveyDue(deps, surroundings, { asOf: review.as_of, isForecast }, signal);
  await db.withTenant(workspaceId, async (trx) => {
    await bindSchedule(trx, ref, version);
    if (isForecast) await saveForecast(trx, ref, forecast, review.as_of);
  });
  return { classes: [...new Set([...due, ...open])].toSorted(), holdsToReview: holds.length };
}

async function finish(deps: DisposeDeps, ref: ReviewRef, errors: readonly ReviewProblem[]): Promise<ReviewFinished> {
  const { db, ring, sources } = deps;
  const { workspaceId } = ref;
  const finishedAt = new Date();
  return db.withTenant(workspaceId, async (trx) => {
    const holds = await holdsPastReview(trx, workspaceId);
    const known = await trx('workspace_sources')
      .where({ workspace_id: workspaceId })
      .orderBy('source')
      .select<{ source: string }[]>('source');
    const review = await requireReview(trx, ref);
    const counts = await finishReview(trx, ref, { errors: errors.length, at: finishedAt });
    if (review.finished_at === null) {
      const ownRecords = await removeOwnRecords(trx, workspaceId, await lastReviewAt(trx, ref));
      const notReviewed = known.map(({ source }) => source).filter((source) => !sources.canErase(source));
      for (const report of await composeReports(trx, ref, { finishedAt, errors, notReviewed, ownRecords })) {
        const document = JSON.stringify(report);
        await saveReport(trx, ref, report.audience, {
          document,
          signature: await signDetached(ring, Buffer.from(document)),
        });
      }
      await appendAudit(trx, workspaceId, {
        actor: STEWARD_ITSELF,
        action: 'retention.reviewed',
        subject: { kind: 'retention_review', id: ref.reviewId },
        details: { ...counts, errors: errors.length, holdsToReview: holds.length },
      });
    }
    return { ...counts, errors: errors.length, holdsToReview: holds.length };
  });
}
