/**
 * Tells every source of a hold. One that cannot be told is tried for ever: until it is, the hold is pending, and the run is
 * flagged.
 */
import { continueAsNew, sleep, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { HoldRef } from '../domain/holds.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import * as summaries from '../domain/summaries.ts';
import { core, fencing } from './activity-proxies.ts';
import { pauseBefore } from './back-off.ts';
import { Progress } from './progress.ts';

/** From then on somebody should see why a source does not answer. */
const ATTEMPTS_BEFORE_ATTENTION = 3;

/** `since`: when the first attempt was, of a run that goes on as a new one. */
export async function holdPlacement(ref: HoldRef, since = Date.now()): Promise<void> {
  const progress = new Progress();
  for (let attempt = 1; ; attempt += 1) {
    if (attempt > 1) await sleep(pauseBefore(attempt), { summary: summaries.fenceTimer() });
    const { pending } = await fencing.raiseFences(ref);
    if (pending === 0) break;
    progress.say(summaries.waitingForSources(pending, new Date(since)));
    progress.needsAttention(attempt >= ATTEMPTS_BEFORE_ATTENTION);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof holdPlacement>(ref, since);
  }
  const { state } = await core.confirmHold(ref);
  progress.needsAttention(false);
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.status, value: state }]);
  progress.say(state === 'effective' ? summaries.holdEffective(new Date()) : summaries.holdReleasedFirst());
}
