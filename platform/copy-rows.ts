/** A COPY whose end is known: a stream of it ends before the server has said how many rows there were. */
import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

export interface Copied {
  readonly rows: Readable;
  /** Once the stream has ended: waits until the connection is free again, and answers how many rows there were. */
  count(): Promise<number>;
}

export function copyRows(client: ClientBase, query: string): Copied {
  const free = Promise.withResolvers<void>();
  const stream = Object.assign(copyTo(query), { handleReadyForQuery: () => free.resolve() });
  client.query(stream);
  // Destroyed before its end, it still hears of the connection's.
  stream.on('error', () => undefined);
  return {
    rows: stream,
    count: async () => {
      await free.promise;
      return stream.rowCount;
    },
  };
}
