/**
 * Closed while a database that was restored has not been brought up to the journal: holds could be missing, and people be
 * there again. Health is told, so that it can be seen why.
 */
import type { RequestHandler } from 'express';
import { Unavailable } from '../domain/errors.ts';
import { isBehindJournal } from '../platform/journal/head.ts';
import { findOpenRestores } from '../platform/records/restores.ts';
import type { ApiDependencies } from './dependencies.ts';

/** How long an answer stands. */
const FRESH_MS = 3_000;
const ALWAYS_OPEN = new Set(['/healthz', '/readyz', '/.well-known/jwks.json', '/openapi.json']);
const AGAIN_SECONDS = 30;

type Asking = Pick<ApiDependencies, 'db' | 'storage' | 'ring'>;

/** Throws Unavailable while the database or the storage does not answer. */
export async function isClosed(deps: Asking): Promise<boolean> {
  return (await findOpenRestores(deps.db)).length > 0 || (await isBehindJournal(deps.db, deps));
}

export function refuseWhileClosed(deps: Asking): RequestHandler {
  let asked = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve(false) };
  return async (request, _response, next) => {
    if (ALWAYS_OPEN.has(request.path)) return next();
    const now = performance.now();
    // What cannot be asked fails where it is needed, and says which service is away.
    if (now - asked.at > FRESH_MS) asked = { at: now, answer: isClosed(deps).catch(() => false) };
    if (await asked.answer)
      return next(
        new Unavailable('A database was restored and is being brought up to the journal.', {
          retryAfterSeconds: AGAIN_SECONDS,
        }),
      );
    next();
  };
}
