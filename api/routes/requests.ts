/** /v1/requests: file, list, look at, cancel, instruct. */
import { InvalidInput } from '../../domain/errors.ts';
import type { Caller } from '../../platform/records/caller.ts';
import { requireErasable } from '../../platform/records/erasure-readiness.ts';
import { checkIdentities } from '../../platform/records/identities.ts';
import { readRequestDetails, readTimeline } from '../../platform/records/request-details.ts';
import { fileRequest } from '../../platform/records/request-filing.ts';
import { cancelRequest, instructRequest } from '../../platform/records/request-steering.ts';
import { listRequests } from '../../platform/records/requests.ts';
import { z } from 'zod';
import { deliver } from '../delivery.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { ofRequest } from '../schemas/common.ts';
import { instructionChoice } from '../schemas/instructions.ts';
import {
  cancellation,
  filing,
  requestFilters,
  shownRequest,
  shownRequestDetails,
  shownTimeline,
} from '../schemas/requests.ts';

const tag = 'requests';

const file = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests',
    operationId: 'fileRequest',
    tag,
    summary: 'File a request of a data subject',
    description:
      'It is recorded and started before the answer. When Temporal is away the answer is 503 with the id of the request, ' +
      'which starts by itself later; the same call again then answers the same request and makes no second one. An erasure ' +
      'needs a source that is connected for it and a retention schedule in force, or is answered 409.',
    scope: 'requests:write',
    idempotent: true,
    input: { body: filing },
    success: {
      status: 202,
      description: 'The request.',
      schema: shownRequestDetails,
      headers: { Location: 'Its address.' },
    },
    problems: [409],
  },
  async ({ deps, caller, body, repeat }) => {
    const identities = checkIdentities(body.identities, deps.identityTypes);
    if (body.type === 'erasure') await requireErasure(deps, caller, body);
    const wish = { ...body, identities, teamId: ownTeam(caller, body.teamId) };
    const requestId = await fileRequest(deps.db, deps.ring, caller, wish, repeat);
    return accepted(deps, caller, requestId);
  },
);

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests',
    operationId: 'listRequests',
    tag,
    summary: 'List requests, newest first',
    scope: 'requests:read',
    input: { query: z.object({ ...pageQuery(), ...requestFilters }) },
    success: { status: 200, description: 'A page of requests.', schema: pageOf(shownRequest) },
  },
  async ({ deps, caller, query: { status, type, dueBefore, ...page } }) => ({
    body: writePage(await listRequests(deps.db, caller, { status, type, dueBefore }, pageRequest(page))),
  }),
);

const read = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}',
    operationId: 'readRequest',
    tag,
    summary: 'Look at a request',
    scope: 'requests:read',
    input: { params: ofRequest },
    success: { status: 200, description: 'The request.', schema: shownRequestDetails },
  },
  async ({ deps, caller, params }) => ({ body: await readRequestDetails(deps.db, caller, params.requestId) }),
);

const timeline = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/timeline',
    operationId: 'readTimeline',
    tag,
    summary: 'See what happened to a request, oldest first',
    scope: 'requests:read',
    input: { params: ofRequest },
    success: { status: 200, description: 'The events.', schema: shownTimeline },
  },
  async ({ deps, caller, params }) => ({ body: { items: await readTimeline(deps.db, caller, params.requestId) } }),
);

const cancel = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/cancel',
    operationId: 'cancelRequest',
    tag,
    summary: 'Cancel a request',
    description: 'The run of the request ends it; asking again changes nothing.',
    scope: 'requests:write',
    input: { params: ofRequest, body: cancellation },
    success: { status: 202, description: 'The request as it stands now.', schema: shownRequestDetails },
    problems: [409],
  },
  async ({ deps, caller, params, body }) => {
    await cancelRequest(deps.db, caller, params.requestId, body?.reason);
    return accepted(deps, caller, params.requestId);
  },
);

const instruct = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/instruction',
    operationId: 'instructRequest',
    tag,
    summary: 'Give a request the instruction that it waits for',
    scope: 'requests:write',
    idempotent: true,
    input: { params: ofRequest, body: instructionChoice },
    success: { status: 202, description: 'The request as it stands now.', schema: shownRequestDetails },
    problems: [409],
  },
  async ({ deps, caller, params, body, repeat }) => {
    await instructRequest(deps.db, caller, params.requestId, body, repeat);
    return accepted(deps, caller, params.requestId);
  },
);

async function accepted(deps: ApiDependencies, caller: Caller, requestId: string) {
  await deliver(deps, caller.workspaceId, requestId);
  return {
    body: await readRequestDetails(deps.db, caller, requestId),
    headers: { Location: `/v1/requests/${requestId}` },
  };
}

/** Throws InvalidInput for what only a package has, and Conflict when this installation cannot erase. */
async function requireErasure(deps: ApiDependencies, caller: Caller, body: z.output<typeof filing>): Promise<void> {
  const fields = (['release', 'ageRecipient'] as const)
    .filter((field) => body[field] !== undefined)
    .map((field) => ({ pointer: `/${field}`, detail: 'An erasure makes no package.' }));
  if (fields.length > 0) throw new InvalidInput('An erasure makes no package.', { fields });
  await deps.db.withTenant(caller.workspaceId, (trx) => requireErasable(trx, deps.config.sources));
}

/** A key of a team files for that team alone. */
function ownTeam({ principal }: Caller, named: string | undefined): string | undefined {
  if (principal.teamId === undefined || named === undefined || named === principal.teamId)
    return principal.teamId ?? named;
  throw new InvalidInput('The key is of another team.', {
    fields: [{ pointer: '/teamId', detail: 'Your key is of another team.' }],
  });
}

export const requestEndpoints: readonly Endpoint[] = [file, list, read, timeline, cancel, instruct];
