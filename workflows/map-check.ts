/**
 * One comparison of the data map with the live sources. A run that finds drift stays open, flagged, and looks again each day
 * until there is none: what needs somebody is found where everything else that does is found.
 */
import { continueAsNew, setCurrentDetails, sleep, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import * as summaries from '../domain/summaries.ts';
import { bulk } from './activity-proxies.ts';

export async function mapCheck(): Promise<void> {
  for (;;) {
    const { errors, warnings } = await bulk.checkDataMap();
    setCurrentDetails(summaries.mapChecked(errors, warnings, new Date()));
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.needsAttention, value: errors > 0 }]);
    if (errors === 0) return;
    await sleep('1 day', { summary: summaries.mapCheckTimer() });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof mapCheck>();
  }
}
