/**
 * One description of an endpoint gives its route, its checks and its place in the OpenAPI document, so that what is
 * published is what is checked.
 */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Principal, Scope } from '../domain/parties.ts';
import type { Caller } from '../platform/records/caller.ts';
import type { Repeat } from '../platform/records/repeats.ts';
import { factsOf } from './answer-facts.ts';
import { authenticate, requireReached, requireScope, requireWorkspace, workspaceOf } from './authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';
import { repeatOf } from './idempotency.ts';
import { jsonBodyReader } from './json-body.ts';
import { describeOperation } from './operation.ts';
import { inputProblem } from './validation.ts';

/** What the app mounts and the document lists. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  /** Undefined for what is no part of the API: pages, and the Temporal UI's endpoint. */
  readonly operation: ZodOpenApiOperationObject | undefined;
  readonly handler: (deps: ApiDependencies) => RequestHandler;
}

/** What a call brings: a parameter of the address that does not fit names nothing that exists, and is a 404. */
export type InputShape = { readonly [Part in 'params' | 'query' | 'body']?: z.ZodType };

export interface EndpointDescription<S extends InputShape = InputShape, R extends z.ZodType = z.ZodType> {
  readonly method: Endpoint['method'];
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: Scope;
  readonly input: S;
  /** Takes an `Idempotency-Key`. */
  readonly idempotent?: boolean;
  readonly success: {
    readonly status: 200 | 201 | 202 | 204;
    readonly description: string;
    readonly schema?: R;
    /** Name and description. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Statuses of the problems that this endpoint has beside those that all have. */
  readonly problems?: readonly number[];
}

interface ByPrincipal {
  readonly deps: ApiDependencies;
  readonly principal: Principal;
  /** Undefined when a key of no workspace named none. */
  readonly workspaceId: string | undefined;
}

interface InWorkspace {
  readonly deps: ApiDependencies;
  readonly caller: Caller;
  /** How a repeat of this call is recognised. */
  readonly repeat: Repeat;
}

export type Input<S extends InputShape> = z.output<z.ZodObject<S>>;

interface Answer<R extends z.ZodType> {
  readonly body: z.input<R>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An endpoint that a processor's key can use without naming a workspace. */
export function principalEndpoint<S extends InputShape, R extends z.ZodType = z.ZodUndefined>(
  description: EndpointDescription<S, R>,
  run: (call: ByPrincipal & Input<S>) => Promise<Answer<R>>,
): Endpoint {
  return endpoint(description, async (deps, request, response) => {
    const { principal, workspaceId, sent } = await admit(deps, description, request, response);
    return run({ ...(await checkInput(description.input, sent)), deps, principal, workspaceId });
  });
}

/** An endpoint on the records of one workspace: the key's own, or the one that a processor's key of none names. */
export function workspaceEndpoint<S extends InputShape, R extends z.ZodType = z.ZodUndefined>(
  description: EndpointDescription<S, R>,
  run: (call: InWorkspace & Input<S>) => Promise<Answer<R>>,
): Endpoint {
  return endpoint(description, async (deps, request, response) => {
    const { principal, workspaceId, sent } = await admit(deps, description, request, response);
    const caller = { principal, workspaceId: requireWorkspace(workspaceId) };
    const input = await checkInput(description.input, sent);
    const repeat = repeatOf(request, deps.ring, caller, { ...sent, operation: description.operationId });
    return run({ ...input, deps, caller, repeat });
  });
}

/** An endpoint on the workspace that its address names. */
export function namedWorkspaceEndpoint<
  S extends InputShape & { readonly params: z.ZodType<{ workspaceId: string }> },
  R extends z.ZodType = z.ZodUndefined,
>(description: EndpointDescription<S, R>, run: (call: InWorkspace & Input<S>) => Promise<Answer<R>>): Endpoint {
  return endpoint(description, async (deps, request, response) => {
    const { principal, sent } = await admit(deps, description, request, response);
    const { workspaceId } = await checkInput({ params: description.input.params }, sent).then(({ params }) => params);
    await requireReached(deps, principal, workspaceId);
    const caller = { principal, workspaceId };
    const input = await checkInput(description.input, sent);
    const repeat = repeatOf(request, deps.ring, caller, { ...sent, operation: description.operationId });
    return run({ ...input, deps, caller, repeat });
  });
}

type Run<R extends z.ZodType> = (deps: ApiDependencies, request: Request, response: Response) => Promise<Answer<R>>;

function endpoint<S extends InputShape, R extends z.ZodType>(
  description: EndpointDescription<S, R>,
  run: Run<R>,
): Endpoint {
  const { method, path, success } = description;
  return {
    method,
    path,
    operation: describeOperation(description),
    handler: (deps) => async (request, response) => {
      const { body, headers } = await run(deps, request, response);
      response.status(success.status).set({ ...headers });
      if (success.status === 204) response.end();
      else response.json(body);
    },
  };
}

interface Sent {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const MAX_BODY_BYTES = 256 * 1024;
const readBody = jsonBodyReader(MAX_BODY_BYTES);

/** Who calls, may they, and where; a body is read of those alone who may send it. */
export async function admit(
  deps: ApiDependencies,
  { scope, input }: EndpointDescription,
  request: Request,
  response: Response,
): Promise<{ readonly principal: Principal; readonly workspaceId: string | undefined; readonly sent: Sent }> {
  const principal = await authenticate(deps, request);
  factsOf(response).principalId = principal.id;
  requireScope(principal, scope);
  const workspaceId = await workspaceOf(deps, principal, request);
  const body = input.body ? await readBody(request, response) : undefined;
  return { principal, workspaceId, sent: { params: request.params, query: request.query, body } };
}

export async function checkInput<S extends InputShape>(shape: S, sent: Sent): Promise<Input<S>> {
  const result = await z.object(shape).safeParseAsync(sent);
  if (result.success) return result.data;
  throw inputProblem(result.error.issues);
}
