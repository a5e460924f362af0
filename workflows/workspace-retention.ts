/**
 * The retention review of one workspace: requests go on whose time has come, then class by class what is due is erased or
 * proposed, and a signed report ends it.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ReviewFinished, ReviewProblem, ReviewRef, ReviewedWorkspace } from '../domain/retention/review.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import * as summaries from '../domain/summaries.ts';
import { core, reviewing } from './activity-proxies.ts';
import { reviewed } from './messages.ts';

/** A review that is told of news, as of an approval, looks once more. */
export async function workspaceRetention(workspace: ReviewedWorkspace): Promise<ReviewFinished> {
  let hasNews = false;
  setHandler(reviewed, () => {
    hasNews = true;
  });
  for (;;) {
    hasNews = false;
    const finished = await review(workspace);
    if (!hasNews) return finished;
  }
}

async function review(workspace: ReviewedWorkspace): Promise<ReviewFinished> {
  await core.continueRequests(workspace);
  const { reviewId } = await core.openRetentionReview(workspace);
  const errors = await reviewClasses({ ...workspace, reviewId });
  const finished = await core.finishRetentionReview({ ...workspace, reviewId }, errors);
  const { due, erased, retained, waiting, holdsToReview } = finished;
  const isFlagged = errors.length > 0 || holdsToReview > 0;
  setCurrentDetails(
    summaries.details(
      summaries.retentionReviewed(due, erased, retained, waiting),
      ...(isFlagged ? [summaries.retentionFlagged(errors.length, holdsToReview)] : []),
    ),
  );
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: isFlagged }]);
  return finished;
}

/** What fails of one class keeps no other from being reviewed. */
async function reviewClasses(ref: ReviewRef): Promise<readonly ReviewProblem[]> {
  setCurrentDetails(summaries.surveyingRetention());
  const survey = await orProblem(() => reviewing.surveyRetention(ref), undefined);
  if ('problem' in survey) return [survey];
  const problems: ReviewProblem[] = [];
  for (const [index, recordClass] of survey.classes.entries()) {
    setCurrentDetails(summaries.reviewingClasses(index + 1, survey.classes.length));
    const result = await orProblem(() => reviewing.reviewClass({ ...ref, recordClass }), recordClass);
    if ('problem' in result) problems.push(result);
  }
  return problems;
}

async function orProblem<T extends object>(
  work: () => Promise<T>,
  recordClass: string | undefined,
): Promise<T | ReviewProblem> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const code = error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
    return { recordClass, problem: code ?? 'unexpected' };
  }
}
