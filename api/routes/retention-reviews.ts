/** /v1/retention/reviews, proposals and forecast: what is due, what people say of it, and what came of it. */
import { z } from 'zod';
import { Unavailable } from '../../domain/errors.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { decideProposal } from '../../platform/records/proposal-decisions.ts';
import type { ProposalVerdict } from '../../platform/records/proposal-decisions.ts';
import { listProposals, readProposal } from '../../platform/records/proposal-reading.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import { readReport } from '../../platform/records/retention-reports.ts';
import { readLastForecast } from '../../platform/records/retention-forecasts.ts';
import { listReviews, readReview, requireWhole } from '../../platform/records/retention-reviews.ts';
import { recordReviewAsked } from '../../platform/records/retention-asked.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { principalEndpoint, workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import {
  ofProposal,
  ofReview,
  proposalApproval,
  proposalFilters,
  proposalRejection,
  shownForecast,
  shownProposal,
  shownReport,
  shownRetentionReview,
  startedReview,
} from '../schemas/retention-reviews.ts';

const tag = 'retention';

const start = principalEndpoint(
  {
    method: 'post',
    path: '/v1/retention/reviews',
    operationId: 'startRetentionReview',
    tag,
    summary: 'Review now what is retained',
    description:
      'Of the workspace, or, by a key of the processor that names none, of all. One that runs looks once more when it is ' +
      'done; the review of all is left to itself while it runs. Nothing is recorded while Temporal is away: ask again.',
    scope: 'retention:write',
    input: {},
    success: { status: 202, description: 'It has begun.', schema: startedReview },
  },
  async ({ deps, principal, workspaceId }) => {
    if (workspaceId !== undefined) requireWhole({ principal, workspaceId });
    await (workspaceId === undefined ? deps.temporal.reviewAllRetention() : deps.temporal.reviewRetention(workspaceId));
    await recordReviewAsked(deps.db, principal, workspaceId);
    return { body: { workspaceId: workspaceId ?? null } };
  },
);

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/reviews',
    operationId: 'listRetentionReviews',
    tag,
    summary: 'List the reviews, newest first',
    scope: 'retention:read',
    input: { query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of reviews.', schema: pageOf(shownRetentionReview) },
  },
  async ({ deps, caller, query }) => ({ body: writePage(await listReviews(deps.db, caller, pageRequest(query))) }),
);

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/reviews/{reviewId}',
    operationId: 'readRetentionReview',
    tag,
    summary: 'Look at a review',
    scope: 'retention:read',
    input: { params: ofReview },
    success: { status: 200, description: 'The review.', schema: shownRetentionReview },
  },
  async ({ deps, caller, params }) => ({ body: await readReview(deps.db, caller, params.reviewId) }),
);

const report = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/reviews/{reviewId}/report',
    operationId: 'readRetentionReport',
    tag,
    summary: 'Get the signed report of a review',
    description:
      "What was due, erased, retained and why, what waits, and what could not be done, as the key's party may know it. " +
      '`steward verify` checks the answer, saved as it is, by the public key alone. 404 while the review goes on.',
    scope: 'retention:read',
    input: { params: ofReview },
    success: { status: 200, description: 'The report with its signature.', schema: shownReport },
  },
  async ({ deps, caller, params }) => ({ body: await readReport(deps.db, caller, params.reviewId) }),
);

const forecast = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/forecast',
    operationId: 'readRetentionForecast',
    tag,
    summary: 'See what comes due in the next twelve months, by class',
    description: 'As the last review found it, by the schedule alone: what holds keep is among it.',
    scope: 'retention:read',
    input: {},
    success: { status: 200, description: 'Records by month and class.', schema: shownForecast },
  },
  async ({ deps, caller }) => ({ body: await readLastForecast(deps.db, caller) }),
);

const proposals = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/proposals',
    operationId: 'listRetentionProposals',
    tag,
    summary: 'List what reviews propose to erase, newest first',
    scope: 'retention:read',
    input: { query: z.object({ ...pageQuery(), ...proposalFilters }) },
    success: { status: 200, description: 'A page of proposals.', schema: pageOf(shownProposal) },
  },
  async ({ deps, caller, query: { state, ...page } }) => ({
    body: writePage(await listProposals(deps.db, caller, { state }, pageRequest(page))),
  }),
);

const proposal = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/retention/proposals/{proposalId}',
    operationId: 'readRetentionProposal',
    tag,
    summary: 'Look at a proposal',
    scope: 'retention:read',
    input: { params: ofProposal },
    success: { status: 200, description: 'The proposal.', schema: shownProposal },
  },
  async ({ deps, caller, params }) => ({ body: await readProposal(deps.db, caller, params.proposalId) }),
);

const approve = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/retention/proposals/{proposalId}/approve',
    operationId: 'approveRetentionProposal',
    tag,
    summary: 'Approve that what was proposed is erased',
    description:
      "The controller's decision; a key of the processor names a standing instruction that covers `retention_disposal`. It is " +
      'erased at once when as many people have approved as the class needs, and never while a hold covers it.',
    scope: 'retention:write',
    idempotent: true,
    input: { params: ofProposal, body: proposalApproval },
    success: { status: 202, description: 'The proposal as it stands now.', schema: shownProposal },
    problems: [409],
  },
  async ({ deps, caller, params, body: { revision, note, instruction }, repeat }) => {
    const wish = { verdict: 'approve', revision, note, instruction, againAt: undefined } as const;
    return { body: await decide(deps, caller, params.proposalId, wish, repeat) };
  },
);

const reject = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/retention/proposals/{proposalId}/reject',
    operationId: 'rejectRetentionProposal',
    tag,
    summary: 'Reject it: what was proposed is kept, and the class is not proposed again before its day',
    scope: 'retention:write',
    idempotent: true,
    input: { params: ofProposal, body: proposalRejection },
    success: { status: 202, description: 'The proposal as it stands now.', schema: shownProposal },
    problems: [409],
  },
  async ({ deps, caller, params, body: { revision, reason, againAt, instruction }, repeat }) => {
    const wish = { verdict: 'reject', revision, note: reason, instruction, againAt } as const;
    return { body: await decide(deps, caller, params.proposalId, wish, repeat) };
  },
);

/** An approval that Temporal cannot be told of is carried out by the next daily review. */
async function decide(
  deps: ApiDependencies,
  caller: Caller,
  proposalId: string,
  wish: ProposalVerdict,
  repeat: Repeat,
) {
  const state = await decideProposal(deps.db, caller, proposalId, wish, repeat);
  if (state === 'approved')
    await deps.temporal.reviewRetention(caller.workspaceId).catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
    });
  return readProposal(deps.db, caller, proposalId);
}

export const retentionReviewEndpoints: readonly Endpoint[] = [
  start,
  list,
  read,
  report,
  forecast,
  proposals,
  proposal,
  approve,
  reject,
];
