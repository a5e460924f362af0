/** How large the collections of a source are, and where their slices end. */
import type { ClientBase } from 'pg';
import { measureRows, sliceEnds } from '../../data-map/workspace-sql.ts';
import type { ExportedCollection } from '../../data-map/workspace-sql.ts';
import type { RowSlice } from './part-list.ts';
import { run } from './snapshot.ts';

/**
 * Connections that measure at once: a worker takes on four pieces of bulk work at a time and has eight connections to a
 * source, and a plan that waited for a connection while it held one could wait for ever.
 */
const READERS = 2;

export interface CutCollection {
  readonly collection: ExportedCollection;
  /** Counted in the snapshot; the parts have to come to as many. */
  readonly rows: number;
  readonly slices: readonly RowSlice[];
}

/** `read` lends a connection in the snapshot; `bytes` is what a slice is to have as JSON. Answers in the order given. */
export async function cutCollections(
  read: (work: (client: ClientBase) => Promise<void>) => Promise<void>,
  collections: readonly ExportedCollection[],
  bytes: number,
): Promise<readonly CutCollection[]> {
  const waiting = [...collections];
  const cut = new Map<ExportedCollection, CutCollection>();
  const oneAfterTheOther = async (client: ClientBase): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      cut.set(next, await cutCollection(client, next, bytes));
  };
  const readers = await Promise.allSettled(Array.from({ length: READERS }, () => read(oneAfterTheOther)));
  for (const reader of readers) if (reader.status === 'rejected') throw reader.reason;
  return collections.flatMap((collection) => cut.get(collection) ?? []);
}

interface EndRow {
  readonly n: string;
  readonly bytes: string;
  readonly is_end: boolean;
  readonly key: readonly string[];
}

/** A table without a primary key cannot be cut: it is one slice, whatever its size. */
async function cutCollection(
  client: ClientBase,
  collection: ExportedCollection,
  bytes: number,
): Promise<CutCollection> {
  const [measured] = await run<{ rows: string; width: string | null }>(client, measureRows(collection));
  const rows = Number(measured?.rows ?? 0);
  if (rows === 0) return { collection, rows, slices: [] };
  const estimate = rows * Number(measured?.width ?? 0);
  // The first rows say little about a large collection; what is small by far need not be measured any better.
  const isSmall = estimate * 2 < bytes;
  const sampled =
    isSmall || collection.key.length === 0 ? [] : await run<EndRow>(client, sliceEnds(collection, rows, bytes));
  return { collection, rows, slices: slicesUpTo(collection.ref, sampled, { rows, estimate }) };
}

function slicesUpTo(
  ref: string,
  sampled: readonly EndRow[],
  { rows, estimate }: { readonly rows: number; readonly estimate: number },
): readonly RowSlice[] {
  const ends = sampled.filter(({ is_end: isEnd, n }) => isEnd && Number(n) < rows);
  const size = Number(sampled.at(-1)?.bytes ?? estimate);
  const all = [...ends, { n: String(rows), bytes: String(size), key: undefined }];
  return all.map((end, index) => {
    const before = all[index - 1];
    return {
      collection: ref,
      slice: index + 1,
      rows: Number(end.n) - Number(before?.n ?? 0),
      bytes: Number(end.bytes) - Number(before?.bytes ?? 0),
      bounds: { after: before?.key, upTo: end.key },
    };
  });
}
