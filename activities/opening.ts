/** What comes before a worker takes on anything: a database that was restored is brought up to the journal. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StewardError } from '../domain/errors.ts';
import { replayRestores } from './replaying/replay-restores.ts';
import type { RestoreDeps } from './replaying/replay-restores.ts';

const LONGEST_WAIT_MS = 30_000;

/** Returns when everything is as the journal says, or the signal is aborted. What fails is tried again for as long as it lasts. */
export async function bringUpToJournal(
  deps: RestoreDeps & { readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  for (let wait = 1_000; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      const { entries, erasures, left } = await replayRestores(deps, signal);
      if (entries + erasures > 0) deps.log.warn({ entries, erasures, left }, 'a restored database was brought up');
      return;
    } catch (error) {
      const problem = error instanceof StewardError ? error.code : error instanceof Error ? error.name : 'unexpected';
      deps.log.error({ problem }, 'not open: a restored database cannot be brought up to the journal yet');
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}
