/** /v1/workspaces: made by the processor, and seen by it and by each workspace itself. */
import { z } from 'zod';
import { InvalidInput, MissingScope } from '../../domain/errors.ts';
import type { Principal } from '../../domain/parties.ts';
import { changeWeighing, setRelease, setReviewDelegate } from '../../platform/records/workspace-settings.ts';
import { addWorkspace, listWorkspaces, readWorkspace } from '../../platform/records/workspaces.ts';
import { namedWorkspaceEndpoint, principalEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { id } from '../schemas/common.ts';
import { newWorkspace, reviewDelegate, shownWorkspace, workspaceChange } from '../schemas/access.ts';
import { ofWorkspace } from '../schemas/workspace-exports.ts';
import { toPointer } from '../validation.ts';

const tag = 'workspaces';

const create = principalEndpoint(
  {
    method: 'post',
    path: '/v1/workspaces',
    operationId: 'createWorkspace',
    tag,
    summary: 'Make a workspace',
    description: "For the processor's keys that belong to no workspace.",
    scope: 'keys:manage',
    input: { body: newWorkspace },
    success: {
      status: 201,
      description: 'The workspace.',
      schema: shownWorkspace,
      headers: { Location: 'Its address.' },
    },
    problems: [409],
  },
  async ({ deps, principal, body }) => {
    requireProcessorItself(principal);
    requireKnownSources(
      Object.keys(body.sources),
      deps.config.sources.map(({ name }) => name),
    );
    const workspace = await addWorkspace(deps.db, principal, body);
    return { body: workspace, headers: { Location: `/v1/workspaces/${workspace.id}` } };
  },
);

const list = principalEndpoint(
  {
    method: 'get',
    path: '/v1/workspaces',
    operationId: 'listWorkspaces',
    tag,
    summary: 'List workspaces, newest first',
    description: 'A key of one workspace sees that one.',
    scope: 'workspaces:read',
    input: { query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of workspaces.', schema: pageOf(shownWorkspace) },
  },
  async ({ deps, principal, query }) => ({
    body: writePage(await listWorkspaces(deps.db, principal, pageRequest(query))),
  }),
);

const read = principalEndpoint(
  {
    method: 'get',
    path: '/v1/workspaces/{workspaceId}',
    operationId: 'readWorkspace',
    tag,
    summary: 'Look at a workspace',
    scope: 'workspaces:read',
    input: { params: z.object({ workspaceId: id }) },
    success: { status: 200, description: 'The workspace.', schema: shownWorkspace },
  },
  async ({ deps, principal, params }) => ({ body: await readWorkspace(deps.db, principal, params.workspaceId) }),
);

const delegate = namedWorkspaceEndpoint(
  {
    method: 'post',
    path: '/v1/workspaces/{workspaceId}/review-delegate',
    operationId: 'setReviewDelegate',
    tag,
    summary: 'Name who is reminded too when nobody approves an erasure',
    description: "For the controller's keys. It gives no right to approve.",
    scope: 'requests:review',
    input: { params: ofWorkspace, body: reviewDelegate },
    success: { status: 200, description: 'The workspace.', schema: shownWorkspace },
  },
  async ({ deps, caller, body }) => ({ body: await setReviewDelegate(deps.db, caller, body.email) }),
);

const change = namedWorkspaceEndpoint(
  {
    method: 'patch',
    path: '/v1/workspaces/{workspaceId}',
    operationId: 'changeWorkspace',
    tag,
    summary:
      'Change how a workspace is worked for: whose laws hold, how long erasures cool off, who sees packages first',
    description:
      "`jurisdictions` and `coolingOffDays` are for the processor's keys that belong to no workspace. A plan of an erasure that was " +
      'made under other jurisdictions is made again; a cooling-off that has begun ends as it was said to. `release` is for the ' +
      "controller's keys of the whole workspace, and counts for requests that are filed from then on.",
    scope: 'keys:manage',
    input: { params: ofWorkspace, body: workspaceChange },
    success: { status: 200, description: 'The workspace.', schema: shownWorkspace },
  },
  async ({ deps, caller, body: { release, ...weighing } }) => {
    const isWeighing = Object.values(weighing).some((value) => value !== undefined);
    if (isWeighing) requireProcessorItself(caller.principal);
    if (release !== undefined) return { body: await setRelease(deps.db, caller, release) };
    return { body: await changeWeighing(deps.db, caller.principal, caller.workspaceId, weighing) };
  },
);

function requireProcessorItself({ party, workspaceId }: Principal): void {
  if (party === 'processor' && workspaceId === undefined) return;
  throw new MissingScope("Only a key of the processor's that belongs to no workspace makes and changes workspaces.");
}

function requireKnownSources(named: readonly string[], known: readonly string[]): void {
  const fields = named
    .filter((source) => !known.includes(source))
    .map((source) => ({
      pointer: toPointer(['sources', source]),
      detail: `The configured sources are: ${known.join(', ')}.`,
    }));
  if (fields.length > 0) throw new InvalidInput('There are sources that are not configured.', { fields });
}

export const workspaceEndpoints: readonly Endpoint[] = [create, list, read, change, delegate];
