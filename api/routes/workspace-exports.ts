/** /v1/workspaces/{workspaceId}/export and …/exports: the whole of a workspace, handed back to its controller. */
import { z } from 'zod';
import type { Caller } from '../../platform/records/caller.ts';
import { cancelExport, fileExport, listExports, readExport } from '../../platform/records/workspace-exports.ts';
import { deliverExport } from '../delivery.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { namedWorkspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { newExport, ofExport, ofWorkspace, shownExport, shownExportDetails } from '../schemas/workspace-exports.ts';

const tag = 'workspace exports';
const scope = 'workspaces:export';

const start = namedWorkspaceEndpoint(
  {
    method: 'post',
    path: '/v1/workspaces/{workspaceId}/export',
    operationId: 'exportWorkspace',
    tag,
    summary: 'Export a whole workspace',
    description:
      'Every mapped collection of the workspace, and the files that its rows name, as they are at one moment for each ' +
      'source, in parts under one signed manifest. While an export of the workspace runs, another is refused with its id.',
    scope,
    idempotent: true,
    input: { params: ofWorkspace, body: newExport },
    success: {
      status: 202,
      description: 'The export.',
      schema: shownExportDetails,
      headers: { Location: 'Its address.' },
    },
    problems: [409],
  },
  async ({ deps, caller, body, repeat }) =>
    accepted(deps, caller, await fileExport(deps.db, deps.ring, caller, body, repeat)),
);

const list = namedWorkspaceEndpoint(
  {
    method: 'get',
    path: '/v1/workspaces/{workspaceId}/exports',
    operationId: 'listWorkspaceExports',
    tag,
    summary: 'List exports of a workspace, newest first',
    scope,
    input: { params: ofWorkspace, query: z.object(pageQuery()) },
    success: { status: 200, description: 'A page of exports.', schema: pageOf(shownExport) },
  },
  async ({ deps, caller, query }) => ({ body: writePage(await listExports(deps.db, caller, pageRequest(query))) }),
);

const read = namedWorkspaceEndpoint(
  {
    method: 'get',
    path: '/v1/workspaces/{workspaceId}/exports/{exportId}',
    operationId: 'readWorkspaceExport',
    tag,
    summary: 'Look at an export: how far it is, what happened, its parts',
    scope,
    input: { params: ofExport },
    success: { status: 200, description: 'The export.', schema: shownExportDetails },
  },
  async ({ deps, caller, params }) => ({ body: await readExport(deps.db, caller, params.exportId) }),
);

const cancel = namedWorkspaceEndpoint(
  {
    method: 'post',
    path: '/v1/workspaces/{workspaceId}/exports/{exportId}/cancel',
    operationId: 'cancelWorkspaceExport',
    tag,
    summary: 'Cancel an export',
    description: 'The run of the export ends it, and removes what is stored of it; asking again changes nothing.',
    scope,
    input: { params: ofExport },
    success: { status: 202, description: 'The export as it stands now.', schema: shownExportDetails },
    problems: [409],
  },
  async ({ deps, caller, params }) => {
    await cancelExport(deps.db, caller, params.exportId);
    return accepted(deps, caller, params.exportId);
  },
);

async function accepted(deps: ApiDependencies, caller: Caller, exportId: string) {
  const { workspaceId } = caller;
  await deliverExport(deps, { workspaceId, exportId });
  return {
    body: await readExport(deps.db, caller, exportId),
    headers: { Location: `/v1/workspaces/${workspaceId}/exports/${exportId}` },
  };
}

export const workspaceExportEndpoints: readonly Endpoint[] = [start, list, read, cancel];
