/**
 * How Node is started for a worker. It streams Buffers, which a collection of the young generation frees: with V8's own
 * size of that generation many more of them wait, and resident memory grows by a third with the size of what is streamed.
 */
export const WORKER_NODE_OPTIONS: readonly string[] = ['--max-semi-space-size=8'];
