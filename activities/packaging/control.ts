/** What an activity hears from Temporal and tells it, apart from its input and result. */
import { Context } from '@temporalio/activity';

export interface Control {
  /** Aborted when the activity is to stop: cancelled, timed out, or its worker shuts down. Its reason is the failure. */
  readonly signal: AbortSignal;
  /** Reports about every second until the function that it answers is called. Without reports no cancellation arrives. */
  beat(report: () => unknown): () => void;
}

const BEAT_MS = 1_000;

/** Of the activity that is running. */
export function currentControl(): Control {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    beat(report) {
      const timer = setInterval(() => context.heartbeat(report()), BEAT_MS);
      return () => clearInterval(timer);
    },
  };
}
