/** Reading while what was read before is used: a source and the writer of an archive need not wait for each other. */

/** So many wait at most; a small one must not keep the large one after it from being read. */
const WAITING = 2;

/**
 * What `read` answers for each item, in order, one read at a time. Each is let go of when the next is asked for. However the
 * loop over it ends, the reading under way has ended then, `signal` having been aborted, and nothing that was read is kept.
 */
export async function* readAhead<T, R extends AsyncDisposable>(
  items: readonly T[],
  read: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const over = new AbortController();
  const waiting: Promise<R>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const begin = (item: T | undefined): void => {
    if (item === undefined) return;
    const reading = last.then(() => read(item, over.signal));
    // Whoever takes it hears of its failure.
    reading.catch(() => undefined);
    waiting.push(reading);
    last = reading;
  };
  try {
    for (const item of items.slice(0, WAITING)) begin(item);
    for (const index of items.keys()) {
      begin(items[index + WAITING]);
      await using current = await waiting.shift();
      if (current !== undefined) yield current;
    }
  } finally {
    over.abort();
    for (const each of waiting) await each.then(letGo, () => undefined);
  }
}

const letGo = (unused: AsyncDisposable): PromiseLike<void> => unused[Symbol.asyncDispose]();
