/** /v1/requests/{id}/review: what is to be erased, what is kept and why, and what people say of it. */
import type { z } from 'zod';
import { InvalidInput } from '../../domain/errors.ts';
import { decideReview } from '../../platform/records/erasure-approvals.ts';
import type { VerdictOnReview } from '../../platform/records/erasure-approvals.ts';
import { listDecisions } from '../../platform/records/erasure-decisions.ts';
import { addOverride, withdrawOverride } from '../../platform/records/erasure-overriding.ts';
import type { OverrideTarget } from '../../platform/records/erasure-overriding.ts';
import { readErasureReview } from '../../platform/records/erasure-summary.ts';
import type { Repeat } from '../../platform/records/repeats.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { deliver } from '../delivery.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { keyProblem } from '../redaction-targets.ts';
import { ofRequest } from '../schemas/common.ts';
import { actingUnder } from '../schemas/instructions.ts';
import {
  approval,
  decisionPage,
  decisionQuery,
  newOverride,
  ofOverride,
  rejection,
  shownReview,
} from '../schemas/review.ts';

const tag = 'review';
const scope = 'requests:review';

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/review',
    operationId: 'readReview',
    tag,
    summary: 'See what is to be erased of a person and what is kept, by class of records',
    description: '404 until it has been planned for the first time.',
    scope,
    input: { params: ofRequest },
    success: { status: 200, description: 'The review as it stands.', schema: shownReview },
  },
  async ({ deps, caller, params }) => ({ body: await reviewFor(deps, caller, params.requestId) }),
);

async function reviewFor({ db, ring }: ApiDependencies, caller: Caller, requestId: string) {
  const { decidesAlone, ...review } = await readErasureReview(db, ring, caller, requestId);
  return {
    ...review,
    decidedBy: 'controller' as const,
    youDecide: decidesAlone ? ('yes' as const) : ('under_a_standing_instruction' as const),
  };
}

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/review/decisions',
    operationId: 'listDecisions',
    tag,
    summary: 'See each decision with its grounds, its doubts and who has approved it',
    description:
      "A decision is about all records of a collection that have the same grounds. Grounds in the processor's confidence are " +
      'shown to the controller as a legal duty of the processor.',
    scope,
    input: { params: ofRequest, query: decisionQuery },
    success: { status: 200, description: 'A page of decisions, by class and collection.', schema: decisionPage },
  },
  async ({ deps, caller, params, query: { limit, cursor, decision, recordClass, pending } }) => {
    const filters = { decision, recordClass, pending };
    const page = { limit, after: cursor };
    const { rows, next } = await listDecisions(deps.db, deps.ring, caller, params.requestId, filters, page);
    return { body: { items: rows, next } };
  },
);

const override = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/review/decisions',
    operationId: 'overrideDecision',
    tag,
    summary: 'Decide otherwise than the retention schedule, with the reason',
    description:
      'While the review waits for approvals or cools off. The request is planned again, and what that changes is asked about ' +
      'again. A hold cannot be overridden.',
    scope,
    idempotent: true,
    input: { params: ofRequest, body: newOverride },
    success: { status: 202, description: 'The review as it stands now.', schema: shownReview },
    problems: [409],
  },
  async ({ deps, caller, params: { requestId }, body, repeat }) => {
    const wish = { target: targetOf(deps, body), reason: body.reason, instruction: body.instruction };
    await addOverride(deps.db, deps.ring, caller, requestId, wish, repeat);
    await deliver(deps, caller.workspaceId, requestId);
    return { body: await reviewFor(deps, caller, requestId) };
  },
);

/** A key that names no row would silently keep nothing. */
function targetOf(
  { collections }: ApiDependencies,
  { kind, ground, record }: z.output<typeof newOverride>,
): OverrideTarget {
  if (record === undefined) return { kind, ground: ground ?? '' };
  const collection = collections.find(({ ref }) => ref === record.collection);
  if (!collection) throw badRecord('/record/collection', 'The data map has no such collection.');
  const detail = keyProblem(collection, record.key);
  if (detail !== undefined) throw badRecord('/record/key', detail);
  return { record };
}

function badRecord(pointer: string, detail: string): Error {
  return new InvalidInput('The record is not there.', { fields: [{ pointer, detail }] });
}

const withdraw = workspaceEndpoint(
  {
    method: 'delete',
    path: '/v1/requests/{requestId}/review/decisions/{overrideId}',
    operationId: 'withdrawOverride',
    tag,
    summary: 'Take an override back',
    description: 'It stays in the review as withdrawn, and the request is planned again.',
    scope,
    input: {
      params: ofOverride,
      query: actingUnder,
    },
    success: { status: 204, description: 'It is withdrawn, now or before.' },
    problems: [409],
  },
  async ({ deps, caller, params: { requestId, overrideId }, query: { instruction } }) => {
    await withdrawOverride(deps.db, caller, requestId, overrideId, instruction);
    await deliver(deps, caller.workspaceId, requestId);
    return { body: undefined };
  },
);

const approve = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/review/approve',
    operationId: 'approveReview',
    tag,
    summary: 'Approve every decision of the review that waits for it',
    description:
      'One person counts once: 409 for the same again. When none waits any more the request goes on, through its cooling-off.',
    scope,
    idempotent: true,
    input: { params: ofRequest, body: approval },
    success: { status: 202, description: 'The review as it stands now.', schema: shownReview },
    problems: [409],
  },
  async ({ body: { generation, note, instruction }, ...call }) => ({
    body: await decide(call, { verdict: 'approve', generation, note, instruction }),
  }),
);

const reject = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/review/reject',
    operationId: 'rejectReview',
    tag,
    summary: 'Refuse the erasure as a whole',
    description:
      'The request ends as `refused_by_controller` and nothing is erased. To erase some of it, override what is to be kept ' +
      'and approve the rest.',
    scope,
    idempotent: true,
    input: { params: ofRequest, body: rejection },
    success: { status: 202, description: 'The review as it stands now.', schema: shownReview },
    problems: [409],
  },
  async ({ body: { generation, reason, instruction }, ...call }) => ({
    body: await decide(call, { verdict: 'reject', generation, note: reason, instruction }),
  }),
);

interface ReviewCall {
  readonly deps: ApiDependencies;
  readonly caller: Caller;
  readonly params: z.output<typeof ofRequest>;
  readonly repeat: Repeat;
}

/** Answers the review as it stands then. */
async function decide({ deps, caller, params: { requestId }, repeat }: ReviewCall, word: VerdictOnReview) {
  await decideReview(deps.db, caller, requestId, word, repeat);
  await deliver(deps, caller.workspaceId, requestId);
  return reviewFor(deps, caller, requestId);
}

export const reviewEndpoints: readonly Endpoint[] = [read, list, override, withdraw, approve, reject];
