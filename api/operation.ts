/** What the OpenAPI document says of an endpoint, from the description that also checks its calls. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiParameters, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { EndpointDescription } from './endpoint.ts';
import { IDEMPOTENCY_HEADER, WORKSPACE_HEADER } from './headers.ts';
import { PROBLEM_MEDIA_TYPE, problemSchema } from './problems.ts';

const PROBLEM_TITLES: Readonly<Record<number, string>> = {
  400: 'The body is not valid JSON.',
  401: 'The API key is missing, malformed, unknown, expired or revoked.',
  403: 'The key lacks the scope.',
  404: 'There is no such resource, or it is not yours to see.',
  406: 'It cannot be had as any of the media types that `Accept` names.',
  409: 'The resource is not in a state that allows this, or the idempotency key was used for something else.',
  410: 'The link was used up, has expired or was revoked.',
  413: 'The body is larger than 256 KiB.',
  415: 'The body is not JSON.',
  422: 'The input has problems; `errors` points to each field.',
  429: 'Too many requests; `Retry-After` says when to come again.',
  500: 'Something went wrong on our side.',
  503: 'A service that this needs is not reachable; `Retry-After` says when to come again.',
};

const workspaceHeader = z.uuid().optional().meta({
  description: 'The workspace; needed when the key belongs to none.',
});
const idempotencyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .optional()
  .meta({ description: 'A repeat with the same key and body answers what the first made, and makes nothing.' });

/** Problem answers for the statuses given. */
export function problemResponses(statuses: readonly number[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: PROBLEM_TITLES[status] ?? 'A problem.',
        content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } },
      },
    ]),
  );
}

export function describeOperation(endpoint: EndpointDescription): ZodOpenApiOperationObject {
  const { operationId, tag, summary, description, scope, success } = endpoint;
  const { body } = endpoint.input;
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, `Needs the scope \`${scope}\`.`].filter(Boolean).join('\n\n'),
    security: [{ apiKey: [] }],
    requestParams: parametersOf(endpoint),
    ...(body
      ? {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: body } },
          },
        }
      : {}),
    responses: {
      [String(success.status)]: successResponse(success),
      ...problemResponses(problemStatuses(endpoint)),
    },
  };
}

function parametersOf({ input: { params, query }, idempotent }: EndpointDescription): ZodOpenApiParameters {
  const header = z.object({
    [WORKSPACE_HEADER]: workspaceHeader,
    ...(idempotent ? { [IDEMPOTENCY_HEADER]: idempotencyHeader } : {}),
  });
  return {
    header,
    ...(params instanceof z.ZodObject ? { path: params } : {}),
    ...(query instanceof z.ZodObject ? { query } : {}),
  };
}

function successResponse({ description, schema, headers = {} }: EndpointDescription['success']) {
  return {
    description,
    ...(schema ? { content: { 'application/json': { schema } } } : {}),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' as const } }]),
    ),
  };
}

/** What can go wrong follows from what an endpoint takes. */
function problemStatuses({ input, problems = [] }: EndpointDescription): readonly number[] {
  const statuses = new Set([401, 403, 404, 422, 500, 503, ...problems]);
  if (input.body) for (const status of [400, 413, 415]) statuses.add(status);
  return [...statuses].toSorted((a, b) => a - b);
}
