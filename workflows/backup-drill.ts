/** Tries whether the newest backups can be restored. A run in which one cannot fails, and the reason stands in its record. */
import { ApplicationFailure, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { backupsDrilled } from '../domain/summaries.ts';
import { combing } from './activity-proxies.ts';

export async function backupDrill(): Promise<void> {
  const { passed, failed } = await combing.drillBackups();
  setCurrentDetails(backupsDrilled(passed, failed));
  if (failed === 0) return;
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: true }]);
  throw ApplicationFailure.nonRetryable('A backup could not be restored.', 'backup-broken');
}
