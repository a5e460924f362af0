/** /v1/requests/{id}/tasks: searches of systems that are not connected, done by people. */
import { attachFile, removeAttachment } from '../../platform/records/attaching.ts';
import { closeTask, listTasks, revealIdentities } from '../../platform/records/manual-tasks.ts';
import { deliver } from '../delivery.ts';
import { workspaceEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { ofRequest } from '../schemas/common.ts';
import { ofAttachment, ofTask, revealed, shownAttachment, shownTasks, taskClosing } from '../schemas/tasks.ts';
import { uploadEndpoint } from '../upload-endpoint.ts';

const tag = 'tasks';
const scope = 'requests:review';

const list = workspaceEndpoint(
  {
    method: 'get',
    path: '/v1/requests/{requestId}/tasks',
    operationId: 'listTasks',
    tag,
    summary: 'List the searches by hand that a request asks for',
    scope,
    input: { params: ofRequest },
    success: { status: 200, description: 'The tasks, with the names of attached files.', schema: shownTasks },
  },
  async ({ deps, caller, params }) => ({
    body: { items: await listTasks(deps.db, deps.ring, caller, params.requestId) },
  }),
);

const reveal = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/tasks/{taskId}/reveal',
    operationId: 'revealIdentities',
    tag,
    summary: 'See the identifiers to search a system by',
    description: 'While the task is open. Each call is in the audit log and in the timeline.',
    scope,
    input: { params: ofTask },
    success: {
      status: 200,
      description: 'The identifiers.',
      schema: revealed,
      headers: { 'Cache-Control': 'no-store' },
    },
    problems: [409],
  },
  async ({ deps, caller, params: { requestId, taskId } }) => ({
    body: { items: await revealIdentities(deps.db, deps.ring, caller, requestId, taskId) },
    headers: { 'Cache-Control': 'no-store' },
  }),
);

const attach = uploadEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/tasks/{taskId}/attachments',
    operationId: 'attachFile',
    tag,
    summary: 'Attach a file that was found',
    description: 'The body is the file. It goes into the package as it is, under its name made safe.',
    scope,
    idempotent: true,
    input: { params: ofTask },
    success: { status: 201, description: 'The attachment.', schema: shownAttachment },
    problems: [409],
  },
  ({ deps, caller, params, file }) => attachFile(deps, caller, params, file),
);

const remove = workspaceEndpoint(
  {
    method: 'delete',
    path: '/v1/requests/{requestId}/tasks/{taskId}/attachments/{attachmentId}',
    operationId: 'removeAttachment',
    tag,
    summary: 'Take an attached file away',
    description: 'While the task is open.',
    scope,
    input: { params: ofAttachment },
    success: { status: 204, description: 'It is gone.' },
    problems: [409],
  },
  async ({ deps, caller, params: { attachmentId, ...task } }) => {
    await removeAttachment(deps, caller, task, attachmentId);
    return { body: undefined };
  },
);

const close = workspaceEndpoint(
  {
    method: 'post',
    path: '/v1/requests/{requestId}/tasks/{taskId}/close',
    operationId: 'closeTask',
    tag,
    summary: 'Say what a search by hand has found',
    description: 'When the last one is closed, the request goes on.',
    scope,
    idempotent: true,
    input: { params: ofTask, body: taskClosing },
    success: { status: 202, description: 'The tasks as they stand now.', schema: shownTasks },
    problems: [409],
  },
  async ({ deps, caller, params: { requestId, taskId }, body, repeat }) => {
    await closeTask(deps.db, deps.ring, caller, requestId, taskId, body, repeat);
    await deliver(deps, caller.workspaceId, requestId);
    return { body: { items: await listTasks(deps.db, deps.ring, caller, requestId) } };
  },
);

export const taskEndpoints: readonly Endpoint[] = [list, reveal, attach, remove, close];
