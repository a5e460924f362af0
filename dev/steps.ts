/** The parts of a start that run beside each other, so that giving up can wait until none of them is under way. */
import { setTimeout as delay } from 'node:timers/promises';

export class Steps {
  readonly #log: (line: string) => void;
  readonly #end = new AbortController();
  readonly #begun: Promise<unknown>[] = [];
  /** Aborted when the start is given up, by the caller or because a part failed. */
  readonly signal: AbortSignal;

  constructor(log: (line: string) => void, outer: AbortSignal | undefined) {
    this.#log = log;
    this.signal = outer ? AbortSignal.any([outer, this.#end.signal]) : this.#end.signal;
  }

  /** Begins nothing once the start was given up. With a name, tells how long it took. */
  async run<T>(name: string | undefined, work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const started = performance.now();
    const running = work();
    this.#begun.push(running);
    const result = await running;
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    if (name !== undefined && !this.signal.aborted) this.#log(`${name} ready in ${seconds} s`);
    return result;
  }

  /** The result, or the reason of giving up, whichever is there first. */
  orGivenUp<T>(result: Promise<T>): Promise<T> {
    this.#begun.push(result);
    const givenUp = new Promise<never>((_, reject) => {
      const fail = () => reject(this.signal.reason);
      if (this.signal.aborted) fail();
      this.signal.addEventListener('abort', fail, { once: true });
    });
    return Promise.race([result, givenUp]);
  }

  giveUp(): void {
    this.#end.abort(new Error('The start was given up.'));
  }

  /** Resolves when no part is under way, or has gone on for too long to be waited for: not every one can be cut short. */
  async settled(withinMs: number): Promise<void> {
    await Promise.race([Promise.allSettled(this.#begun), delay(withinMs, undefined, { ref: false })]);
  }
}
