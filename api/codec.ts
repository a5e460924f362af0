/**
 * The codec endpoint of the Temporal UI (https://docs.temporal.io/codec-server): opens payloads for those who may see them.
 * Called by the UI's page with the session's cookie, or by the command line with a key of the processor's. Each call
 * is in the audit log before its answer goes out.
 */
import type { Payload } from '@temporalio/common';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { InvalidInput, MissingScope, Unauthenticated } from '../domain/errors.ts';
import type { Principal } from '../domain/parties.ts';
import { PLATFORM_CHAIN, appendAudit } from '../platform/audit.ts';
import { createPayloadCodec } from '../platform/temporal/codec.ts';
import { factsOf } from './answer-facts.ts';
import { authenticate, requireScope } from './authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { Endpoint } from './endpoint.ts';
import { jsonBodyReader } from './json-body.ts';
import { sessionPrincipal } from './sign-in.ts';
import { parseBody } from './validation.ts';

/** A page of a run's history: payloads have at most 2 MB each, and a page some dozens. */
const readBody = jsonBodyReader(16 * 1024 * 1024);

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'It must be base64.');
const payloads = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).default({}), data: base64.default('') }))
    .max(5_000),
});
type SentPayload = z.infer<typeof payloads>['payloads'][number];

/** Answers the preflight, and lets the UI's page, and no other, read the answers. */
export function allowTemporalUi({ config }: ApiDependencies): RequestHandler {
  const origin = originOf(config.temporal.uiUrl);
  return (request, response, next) => {
    response.vary('Origin');
    if (origin !== undefined && request.get('Origin') === origin) {
      response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
      if (request.method === 'OPTIONS') return allowPreflight(response);
    }
    next();
  };
}

function allowPreflight(response: Response): void {
  response.set({
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': 'content-type, x-namespace, authorization',
    'Access-Control-Max-Age': '600',
  });
  response.status(204).end();
}

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin;
}

const decode: Endpoint = {
  method: 'post',
  path: '/codec/decode',
  operation: undefined,
  handler: (deps) => {
    const codec = createPayloadCodec(deps.ring, deps.config.temporal.namespace);
    return async (request, response) => {
      const principal = await requireDecoder(deps, request);
      factsOf(response).principalId = principal.id;
      requireNamespace(deps, request);
      const sent = await parseBody(payloads, await readBody(request, response));
      const opened = await codec.decode(sent.payloads.map(readPayload));
      await auditDecoding(deps, principal, opened.length);
      response.json({ payloads: opened.map(writePayload) });
    };
  },
};

/** Throws Unauthenticated, and MissingScope when the principal may not see payloads. */
async function requireDecoder(deps: ApiDependencies, request: Request): Promise<Principal> {
  const principal =
    request.get('Authorization') === undefined ? await bySession(deps, request) : await authenticate(deps, request);
  requireScope(principal, 'payloads:decode');
  if (principal.party !== 'processor' || principal.workspaceId !== undefined) {
    throw new MissingScope(
      'Payloads are of all workspaces: this is for principals of the processor that belong to none.',
    );
  }
  return principal;
}

/** Another page on the same host would send the cookie too; a browser always says which page is asking. */
async function bySession(deps: ApiDependencies, request: Request): Promise<Principal> {
  const isUi = request.get('Origin') === originOf(deps.config.temporal.uiUrl);
  const principal = isUi ? await sessionPrincipal(deps, request) : undefined;
  if (!principal)
    throw new Unauthenticated('Sign in by a link of "steward sign-in", and let the Temporal UI send credentials.');
  return principal;
}

function requireNamespace({ config }: ApiDependencies, request: Request): void {
  const { namespace } = config.temporal;
  if (request.get('X-Namespace') !== namespace) throw new InvalidInput(`The header X-Namespace must be ${namespace}.`);
}

async function auditDecoding({ db, config }: ApiDependencies, actor: Principal, count: number): Promise<void> {
  await db.withPlatform((trx) =>
    appendAudit(trx, PLATFORM_CHAIN, {
      actor,
      action: 'payloads.decoded',
      subject: { kind: 'namespace', id: config.temporal.namespace },
      details: { payloads: count },
    }),
  );
}

function readPayload({ metadata, data }: SentPayload): Payload {
  const entries = Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
}

function writePayload({ metadata, data }: Payload): SentPayload {
  const entries = Object.entries(metadata ?? {}).map(
    ([name, value]) => [name, Buffer.from(value).toString('base64')] as const,
  );
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? []).toString('base64') };
}

export const codecEndpoints: readonly Endpoint[] = [decode];
