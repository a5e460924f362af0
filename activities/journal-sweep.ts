/**
 * Brings the journal's notes into the object storage. A loop of the worker rather than a workflow: what is not written there
 * is lost with the database, so it must not wait for Temporal.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { StewardError } from '../domain/errors.ts';
import type { Database } from '../platform/database.ts';
import type { JournalPlaces } from '../platform/journal/numbered.ts';
import { JournalAhead, writeJournalNotes } from '../platform/journal/write.ts';

const EVERY_MS = 2_000;

export interface JournalSweepDeps extends JournalPlaces {
  readonly db: Database;
  readonly log: Logger;
}

/**
 * Runs until the signal is aborted. Throws JournalAhead when the storage is ahead of the database: it was restored under the
 * worker, which has to stop and to begin anew.
 */
export async function sweepJournal({ db, log, ...places }: JournalSweepDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await writeJournalNotes(db, places);
    } catch (error) {
      if (error instanceof JournalAhead) throw error;
      log.warn({ problem: error instanceof StewardError ? error.code : 'unexpected' }, 'journal put off');
    }
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
