/**
 * Sends what an API process could not: it died after its commit, or Temporal was away. A loop of the worker rather than
 * a workflow, since it must work exactly when workflows cannot be started.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StewardError } from '../domain/errors.ts';
import type { Database } from '../platform/database.ts';
import { deliverOutbox, findUnsent } from '../platform/outbox.ts';
import type { Temporal } from '../platform/temporal/client.ts';

const EVERY_MS = 2_000;
/** Younger messages are still the API's own to send. */
const MIN_AGE_SECONDS = 5;
const BATCH = 100;

export interface SweepDeps {
  readonly db: Database;
  readonly temporal: Temporal;
  readonly log: Logger;
}

/** Runs until the signal is aborted. */
export async function sweepOutbox(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweepOnce(deps).catch((error: unknown) => {
      deps.log.warn({ problem: error instanceof StewardError ? error.code : 'unexpected' }, 'outbox sweep put off');
    });
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** One pass; answers how many requests were brought up to date. Throws Unavailable when a service is away. */
async function sweepOnce({ db, temporal, log }: SweepDeps): Promise<number> {
  const waiting = await findUnsent(db, MIN_AGE_SECONDS, BATCH);
  let sent = 0;
  for (const ref of waiting) {
    if (await deliverOutbox(db, temporal, ref)) sent += 1;
  }
  if (sent > 0) log.info({ requests: sent }, 'outbox sweep sent what was waiting');
  return sent;
}
