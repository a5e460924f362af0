/** The thread of record-thread.ts: gets an order, then pieces of rows, and answers each piece with what was made of it. */
import { parentPort } from 'node:worker_threads';
import { RecordMaker } from './record-maker.ts';
import type { RecordOrder } from './record-maker.ts';

let maker: RecordMaker | undefined;

parentPort?.on('message', (message: RecordOrder | Uint8Array) => {
  if (!(message instanceof Uint8Array)) {
    maker = new RecordMaker(message);
    return;
  }
  const made = maker?.make(message);
  if (made) parentPort?.postMessage(made, [made.csv.buffer, ...made.pages.map(({ bytes }) => bytes.buffer)]);
});
