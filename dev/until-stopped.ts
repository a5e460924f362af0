/** A stack for a command in the foreground: SIGINT, SIGTERM and SIGHUP stop it, also while it still starts. */
import { startStack } from './stack.ts';
import type { Stack, StackOptions } from './stack.ts';

/** npm passes a terminal's Ctrl-C on to a process that has had it already: that is one signal, not two. */
const SAME_SIGNAL_MS = 500;

/** Ends the process with `exitCode` when a signal has stopped the stack; then neither this nor its `stop` resolves any more. */
export async function startUntilStopped(options: StackOptions, exitCode: number): Promise<Stack> {
  const giveUp = new AbortController();
  const starting = startStack({ ...options, signal: giveUp.signal });
  stopOnSignals(async () => {
    giveUp.abort();
    await (await starting.catch(() => undefined))?.stop();
  }, exitCode);
  const exited = new Promise<never>(() => undefined);
  const stack = await starting.catch((error: unknown) => (giveUp.signal.aborted ? exited : Promise.reject(error)));
  return { ...stack, stop: () => stack.stop().then(() => (giveUp.signal.aborted ? exited : undefined)) };
}

/** A second signal ends the process at once with code 1; what hangs on its `exit` event then kills its children. */
function stopOnSignals(stop: () => Promise<void>, exitCode: number): void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    firstAt = performance.now();
    console.error('Stopping …');
    stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
