/** What the packing of a collection needs of its source, read there before anything is written. */
import { pipeline } from 'node:stream/promises';
import { jsonReading } from '../../data-map/copy.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Snapshot } from '../plan-runner.ts';
import { countLeftOut } from '../searching/left-out.ts';
import type { LeftOut } from '../searching/left-out.ts';
import { listObjects } from './media-files.ts';
import type { NamedObject } from './media-files.ts';
import { RowSpool } from './row-spool.ts';

export interface CollectionRows extends AsyncDisposable {
  readonly collection: PlannedCollection;
  /** How many were found, those left out among them. */
  readonly found: number;
  readonly leftOut: LeftOut;
  /** The rows handed over, as JSON lines. */
  readonly spool: RowSpool;
  readonly objects: readonly NamedObject[];
}

/** Nothing is kept when it fails; when `signal` is aborted, a COPY under way is left to whoever closes the connection. */
export async function readRows(
  snapshot: Snapshot,
  collection: PlannedCollection,
  found: number,
  signal: AbortSignal,
): Promise<CollectionRows> {
  signal.throwIfAborted();
  const spool = new RowSpool();
  try {
    const leftOut = await countLeftOut(snapshot, collection);
    signal.throwIfAborted();
    if (leftOut.withheld < found) await pipeline(snapshot.read(collection, jsonReading(collection)), spool, { signal });
    const objects: NamedObject[] = [];
    for (const media of collection.media) {
      signal.throwIfAborted();
      objects.push(...(await listObjects(snapshot, collection, media)));
    }
    return { collection, found, leftOut, spool, objects, [Symbol.asyncDispose]: () => spool.release() };
  } catch (error) {
    await spool.release();
    throw error;
  }
}
