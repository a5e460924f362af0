/** Carries out again what a restored source has forgotten. Flagged when something is left that nothing keeps. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { restoresReplayed } from '../domain/summaries.ts';
import { combing } from './activity-proxies.ts';

export async function restoreWatch(): Promise<void> {
  const { erasures, left } = await combing.watchRestores();
  setCurrentDetails(restoresReplayed(erasures, left));
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: left > 0 }]);
}
