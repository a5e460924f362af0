/**
 * The retention review of all workspaces, started by its schedule: a run of its own for each, some at a time. What fails in
 * one, or is slow, keeps no other from being reviewed.
 */
import {
  ChildWorkflowFailure,
  ParentClosePolicy,
  continueAsNew,
  executeChild,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { workspaceRetentionId } from '../domain/ids.ts';
import type { ReviewProgress } from '../domain/retention/review.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import * as summaries from '../domain/summaries.ts';
import { core } from './activity-proxies.ts';
import { workspaceRetention } from './workspace-retention.ts';

/** Few enough that a worker's places for bulk work are not all theirs. */
const AT_A_TIME = 8;

const BEGINNING: ReviewProgress = {
  after: '00000000-0000-0000-0000-000000000000',
  reviewed: 0,
  failed: 0,
  flagged: 0,
};

/** A page of workspaces a run, so that an operator can still read its history. */
export async function retentionReview(from: ReviewProgress = BEGINNING): Promise<void> {
  let { reviewed, failed, flagged } = from;
  const review = async (workspaceId: string): Promise<void> => {
    try {
      const { errors, holdsToReview } = await reviewWorkspace(workspaceId);
      reviewed += 1;
      if (errors + holdsToReview > 0) flagged += 1;
    } catch (error) {
      // One that was started by hand is under way.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return;
      if (!(error instanceof ChildWorkflowFailure)) throw error;
      failed += 1;
    }
    setCurrentDetails(summaries.workspacesReviewed(reviewed, failed, flagged));
  };

  const { workspaces, next } = await core.listWorkspaces(from.after);
  const under = new Set<Promise<void>>();
  for (const workspaceId of workspaces) {
    while (under.size >= AT_A_TIME) await Promise.race(under);
    const one: Promise<void> = review(workspaceId).finally(() => under.delete(one));
    under.add(one);
  }
  await Promise.all(under);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: failed + flagged > 0 }]);
  setCurrentDetails(summaries.workspacesReviewed(reviewed, failed, flagged));
  if (next !== undefined) await continueAsNew<typeof retentionReview>({ after: next, reviewed, failed, flagged });
}

/** It goes on by itself when this run is stopped. */
function reviewWorkspace(workspaceId: string) {
  return executeChild(workspaceRetention, {
    workflowId: workspaceRetentionId(workspaceId),
    args: [{ workspaceId }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: summaries.retentionLine(workspaceId),
    priority: { fairnessKey: workspaceId },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.workspace, value: workspaceId },
      { key: SEARCH_ATTRIBUTES.needsAttention, value: false },
    ],
  });
}
