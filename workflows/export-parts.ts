/**
 * Writes a range of a source's parts, several at a time: as one ends the next begins. A long list goes on in a further run
 * before the history grows large; the parts themselves are in the database, and only their numbers here.
 */
import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import * as summaries from '../domain/summaries.ts';
import type { PartsRun } from '../domain/workspace-export.ts';
import { parts } from './activity-proxies.ts';

/** A run's history then has some thousand events, which an operator can still read. */
const PARTS_A_RUN = 250;

/** Answers what was stored in all. */
export async function exportParts(run: PartsRun): Promise<PartsRun['stored']> {
  const { workspaceId, exportId, source, generation, window } = run;
  const under = new Set<Promise<void>>();
  const mayBegin = (): boolean => next - run.next < PARTS_A_RUN && !workflowInfo().continueAsNewSuggested;
  let { next, last } = run;
  let stored = run.stored;

  const write = async (ordinal: number): Promise<void> => {
    const part = await parts.exportPart({ workspaceId, exportId, source, generation, ordinal });
    stored = { parts: stored.parts + 1, rows: stored.rows + part.rows, bytes: stored.bytes + part.bytes };
    // A part with rows never becomes more; one with files may have been cut.
    if (run.grows) last = Math.max(last, part.parts);
    setCurrentDetails(summaries.exportingParts(stored.parts, last, stored.rows, stored.bytes));
  };

  for (;;) {
    while (next <= last && under.size < window && mayBegin()) {
      const writing: Promise<void> = write(next++).finally(() => under.delete(writing));
      under.add(writing);
    }
    if (under.size === 0) break;
    await Promise.race(under);
  }
  if (next <= last) await continueAsNew<typeof exportParts>({ ...run, next, last, stored });
  return stored;
}
