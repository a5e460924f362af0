/** After the release of a hold: people are told, and what it kept is looked at again. */
import { continueAsNew, patched, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import type { HoldRef } from '../domain/holds.ts';
import * as summaries from '../domain/summaries.ts';
import { core, outbound } from './activity-proxies.ts';
import { pauseBefore } from './back-off.ts';

/** Runs begun before left it to the retention review. */
const GOES_ON_AT_ONCE = 'goes-on-at-once';

/**
 * An erasure that was weighed while the hold stood and is still under way ends with what the hold kept; it is waited for, so
 * that this is not kept for good.
 */
export async function holdRelease(ref: HoldRef): Promise<void> {
  await outbound.tellRelease(ref);
  for (let attempt = 1; ; attempt += 1) {
    if (attempt > 1) await sleep(pauseBefore(attempt), { summary: summaries.erasuresTimer() });
    const { waiting } = await core.settleRelease(ref);
    if (waiting === 0) break;
    setCurrentDetails(summaries.waitingForErasures(waiting));
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof holdRelease>(ref);
  }
  if (patched(GOES_ON_AT_ONCE)) await core.continueRequests({ workspaceId: ref.workspaceId });
  setCurrentDetails(summaries.holdReleased(new Date()));
}
