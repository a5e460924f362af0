/** SIGINT and SIGTERM: the first stops in order, a second one at once. */

/** Resolves when `stop` has ended after the first signal. */
export function stopOnSignals(stop: () => Promise<void>, kill: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) {
        kill();
        process.exit(1);
      }
      asked = true;
      stop().then(resolve, reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
