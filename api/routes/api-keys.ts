/** /v1/api-keys: the keys of a workspace, or, for the processor without naming one, those that work in every workspace. */
import { z } from 'zod';
import { listApiKeys, makeApiKey, revokeApiKey, rotateApiKey } from '../../platform/records/api-keys.ts';
import { principalEndpoint } from '../endpoint.ts';
import type { Endpoint } from '../endpoint.ts';
import { KEY_CURSOR, pageOf, pageQuery, pageRequest, writePage } from '../pagination.ts';
import { createdApiKey, keyId, newApiKey, rotation, shownApiKey } from '../schemas/access.ts';

const tag = 'access';
const scope = 'keys:manage';
const params = z.object({ keyId });
const HOUR_MS = 3_600_000;

const create = principalEndpoint(
  {
    method: 'post',
    path: '/v1/api-keys',
    operationId: 'createApiKey',
    tag,
    summary: 'Make an API key',
    description: 'The secret is shown this once.',
    scope,
    input: { body: newApiKey },
    success: { status: 201, description: 'The key.', schema: createdApiKey },
  },
  async ({ deps, principal, workspaceId, body }) => {
    const { record, token } = await makeApiKey(deps.db, deps.ring, { principal, workspaceId }, body);
    return { body: { ...record, secret: token } };
  },
);

const list = principalEndpoint(
  {
    method: 'get',
    path: '/v1/api-keys',
    operationId: 'listApiKeys',
    tag,
    summary: 'List API keys, newest first',
    scope,
    input: { query: z.object(pageQuery(KEY_CURSOR)) },
    success: { status: 200, description: 'A page of keys, without their secrets.', schema: pageOf(shownApiKey) },
  },
  async ({ deps, principal, workspaceId, query }) => ({
    body: writePage(await listApiKeys(deps.db, { principal, workspaceId }, pageRequest(query))),
  }),
);

const rotate = principalEndpoint(
  {
    method: 'post',
    path: '/v1/api-keys/{keyId}/rotate',
    operationId: 'rotateApiKey',
    tag,
    summary: 'Replace an API key by a new one',
    description:
      'The new key has the same reach and its secret is shown this once. The old one can work on for up to seven days.',
    scope,
    input: { params, body: rotation },
    success: { status: 201, description: 'The new key.', schema: createdApiKey },
    problems: [409],
  },
  async ({ deps, principal, workspaceId, params: address, body: { overlapHours } }) => {
    const overlapUntil = overlapHours === 0 ? undefined : new Date(Date.now() + overlapHours * HOUR_MS);
    const { record, token } = await rotateApiKey(
      deps.db,
      deps.ring,
      { principal, workspaceId },
      address.keyId,
      overlapUntil,
    );
    return { body: { ...record, secret: token } };
  },
);

const revoke = principalEndpoint(
  {
    method: 'delete',
    path: '/v1/api-keys/{keyId}',
    operationId: 'revokeApiKey',
    tag,
    summary: 'Revoke an API key',
    scope,
    input: { params },
    success: { status: 204, description: 'It is revoked, now or before.' },
  },
  async ({ deps, principal, workspaceId, params: address }) => {
    await revokeApiKey(deps.db, { principal, workspaceId }, address.keyId);
    return { body: undefined };
  },
);

export const apiKeyEndpoints: readonly Endpoint[] = [create, list, rotate, revoke];
