/** Is the process alive, and is everything there that it needs; and the public keys of our signatures. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { publicKeySet } from '../../platform/signing.ts';
import { isClosed } from '../closed.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Endpoint } from '../endpoint.ts';

const tag = 'health';
const alive = z.object({ status: z.literal('ok') });
const checkResult = z.enum(['ok', 'unreachable']);
const journalResult = z.enum(['ok', 'unreachable', 'restored']).meta({
  description: '`restored`: a database was restored, and nothing is answered until it is brought up to the journal.',
});
const readiness = z.object({
  status: z.enum(['ok', 'unavailable']),
  checks: z.object({ database: checkResult, temporal: checkResult, storage: checkResult, journal: journalResult }),
});
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

const answerOf = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

const healthz: Endpoint = {
  method: 'get',
  path: '/healthz',
  operation: {
    operationId: 'isAlive',
    tags: [tag],
    summary: 'Is the process alive',
    responses: { '200': answerOf('It is.', alive) },
  },
  handler: () => (_request, response) => {
    response.json({ status: 'ok' });
  },
};

const readyz: Endpoint = {
  method: 'get',
  path: '/readyz',
  operation: {
    operationId: 'isReady',
    tags: [tag],
    summary: 'Is everything reachable that the API needs',
    responses: { '200': answerOf('It is.', readiness), '503': answerOf('Something is away.', readiness) },
  },
  handler: (deps) => async (_request, response) => {
    const checks = await checkAll(deps);
    const isReady = Object.values(checks).every((result) => result === 'ok');
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ok' : 'unavailable', checks });
  },
};

const jwks: Endpoint = {
  method: 'get',
  path: '/.well-known/jwks.json',
  operation: {
    operationId: 'readSigningKeys',
    tags: [tag],
    summary: 'The public keys that packages verify with',
    responses: { '200': answerOf('A JSON Web Key Set (RFC 7517); keys of the past stay in it.', keySet) },
  },
  handler:
    ({ ring }) =>
    (_request, response) => {
      response.set('Cache-Control', 'public, max-age=300').json(publicKeySet(ring));
    },
};

async function checkAll(deps: ApiDependencies): Promise<z.infer<typeof readiness>['checks']> {
  const { db, temporal, storage } = deps;
  let isRestored = false;
  const [database, temporalServer, objectStorage, journal] = await Promise.all([
    check(() => db.withPlatform((trx) => trx.raw('SELECT 1'))),
    check(() => temporal.health()),
    check(() => storage.health()),
    check(async () => {
      isRestored = await isClosed(deps);
    }),
  ]);
  return { database, temporal: temporalServer, storage: objectStorage, journal: isRestored ? 'restored' : journal };
}

const PATIENCE_MS = 3_000;

/** A service that does not answer in time is as good as away for whoever asks. */
async function check(ask: () => Promise<unknown>): Promise<z.infer<typeof checkResult>> {
  const patience = new AbortController();
  const tooLate = delay(PATIENCE_MS, 'unreachable' as const, { signal: patience.signal }).catch(
    () => 'unreachable' as const,
  );
  const answer = ask().then(
    () => 'ok' as const,
    () => 'unreachable' as const,
  );
  return Promise.race([answer, tooLate]).finally(() => patience.abort());
}

export const healthEndpoints: readonly Endpoint[] = [healthz, readyz, jwks];
