/**
 * Making CSV and pages is half of the work on a large package, and all of it is JavaScript: on a thread of its own it goes
 * on while this one compresses, hashes and seals.
 */
import { Worker } from 'node:worker_threads';
import { RecordMaker } from './record-maker.ts';
import type { Made, RecordOrder } from './record-maker.ts';

/** Of fewer rows there is less to do than to start a thread. */
const ROWS_WORTH_IT = 2_000;
const PIECE_BYTES = 128 * 1024;
/** Pieces that the thread has or is about to get, or whose outcome waits: what bounds the memory. */
const PIECES_AHEAD = 3;
/** Nothing lives longer than its piece, so a small nursery collects as well as a large one. */
const NURSERY_MIB = 6;

interface Waiting {
  readonly resolve: (made: Made) => void;
  readonly reject: (reason: unknown) => void;
}

/** For the collections of one package, one after the other. The thread starts when it is needed. */
export class RecordThread implements AsyncDisposable {
  private worker: Worker | undefined;
  private waiting: Waiting[] = [];
  /** Why it answers no more. */
  private failure: unknown;

  /** What is made of the rows, from their bytes as JSON lines. */
  make(order: RecordOrder, rows: AsyncIterable<Uint8Array>): AsyncGenerator<Made> {
    return order.collection.rows < ROWS_WORTH_IT ? makeHere(order, rows) : this.makeThere(order, rows);
  }

  /** Ends the thread, also in the middle of its work. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker?.terminate();
  }

  private async *makeThere(order: RecordOrder, rows: AsyncIterable<Uint8Array>): AsyncGenerator<Made> {
    const worker = (this.worker ??= this.start());
    worker.postMessage(order, []);
    const ahead: Promise<Made>[] = [];
    for await (const piece of piecesOf(rows)) {
      ahead.push(this.ask(worker, piece));
      const [first] = ahead.length < PIECES_AHEAD ? [] : ahead.splice(0, 1);
      if (first) yield await first;
    }
    for (const each of ahead) yield await each;
  }

  private start(): Worker {
    const worker = new Worker(new URL('./record-worker.ts', import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MIB },
    });
    worker.on('message', (made: Made) => this.waiting.shift()?.resolve(made));
    worker.on('error', (error) => this.fail(error));
    worker.on('exit', () => this.fail(new Error('The thread that makes pages has ended.')));
    return worker;
  }

  /** It answers in the order in which it is asked. */
  private ask(worker: Worker, piece: Uint8Array<ArrayBuffer>): Promise<Made> {
    const answer = new Promise<Made>((resolve, reject) => {
      if (this.failure === undefined) this.waiting.push({ resolve, reject });
      else reject(this.failure);
    });
    // Heard of when its turn comes, or not at all when the package has failed before.
    answer.catch(() => undefined);
    worker.postMessage(piece, [piece.buffer]);
    return answer;
  }

  private fail(reason: unknown): void {
    this.failure ??= reason;
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }
}

async function* makeHere(order: RecordOrder, rows: AsyncIterable<Uint8Array>): AsyncGenerator<Made> {
  const maker = new RecordMaker(order);
  for await (const chunk of rows) yield maker.make(chunk);
}

/** Copies, for what is handed over is gone here; of a size that makes a few pages. */
async function* piecesOf(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of rows) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) yield new Uint8Array(chunk.subarray(at, at + PIECE_BYTES));
  }
}
