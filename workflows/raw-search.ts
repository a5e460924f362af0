/** Searches every text for those whose erasures were certified since the last time. */
import { setCurrentDetails } from '@temporalio/workflow';
import { rawSearched } from '../domain/summaries.ts';
import { combing } from './activity-proxies.ts';

export async function rawSearch(): Promise<void> {
  const { erasures, left } = await combing.searchRaw();
  setCurrentDetails(rawSearched(erasures, left));
}
