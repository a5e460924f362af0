/**
 * A round of backups. When one could not be made the run stays open, flagged, and tries what is missing again each hour: what
 * needs somebody is found where everything else that does is found.
 */
import { setCurrentDetails, sleep, upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { backupTimer, backupsMade } from '../domain/summaries.ts';
import { combing } from './activity-proxies.ts';

export async function backup(): Promise<void> {
  for (let missingOnly = false; ; missingOnly = true) {
    const { complete, failed, deleted, overdue } = await combing.makeBackups({ missingOnly });
    setCurrentDetails(backupsMade(complete, failed, deleted, new Date()));
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: failed > 0 || overdue > 0 }]);
    if (failed === 0 && overdue === 0) return;
    await sleep('1 hour', { summary: backupTimer() });
  }
}
