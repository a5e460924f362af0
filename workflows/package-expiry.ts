/**
 * Deletes the packages whose time is over, of all workspaces. A run that could not delete one stays open, flagged, and tries
 * again until it can; meanwhile it does the work of the hourly runs as well.
 */
import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import * as summaries from '../domain/summaries.ts';
import { sweeps } from './activity-proxies.ts';
import { Progress } from './progress.ts';

export async function packageExpiry(): Promise<void> {
  const progress = new Progress();
  for (;;) {
    const { deleted, failed } = await sweeps.expirePackages();
    progress.say(summaries.packagesDeleted(deleted, failed));
    progress.needsAttention(failed > 0);
    if (failed === 0) return;
    await sleep('10 minutes', { summary: summaries.packageExpiryTimer() });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof packageExpiry>();
  }
}
