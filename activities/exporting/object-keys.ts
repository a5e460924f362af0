/** Which objects of a store are a workspace's: those that its rows name, and all that lie in its folders. */
import { createInterface } from 'node:readline';
import type { ClientBase } from 'pg';
import type { DataMap } from '../../data-map/model.ts';
import { copyObjects } from '../../data-map/workspace-sql.ts';
import type { ExportedCollection } from '../../data-map/workspace-sql.ts';
import { InvalidDataMap, Unavailable } from '../../domain/errors.ts';
import type { Sources } from '../../platform/sources.ts';
import { isObjectKey } from '../../platform/storage/storage.ts';
import { copyRows } from '../../platform/copy-rows.ts';

/** A store with what leads to objects in it. */
export interface StoreContents {
  readonly store: string;
  readonly collections: readonly ExportedCollection[];
  /** Prefixes of keys, of this workspace. */
  readonly folders: readonly string[];
}

/** Every store that rows of the source name, or that has folders of its workspaces. Throws InvalidDataMap. */
export function storesOf(
  { datasets }: Pick<DataMap, 'datasets'>,
  source: string,
  tenantKey: string,
  collections: readonly ExportedCollection[],
): readonly StoreContents[] {
  const declared = datasets.filter((each) => each.source === source).flatMap(({ folders }) => folders);
  const named = collections.flatMap(({ media }) => media.map(({ store }) => store));
  return [...new Set([...named, ...declared.map(({ store }) => store)])].map((store) => ({
    store,
    collections: collections.filter(({ media }) => media.some((each) => each.store === store)),
    folders: declared.filter((each) => each.store === store).map(({ prefix }) => folderOf(prefix, tenantKey)),
  }));
}

/** What the source calls the workspace must be one name in a path, or it would lead into somebody else's folder. */
function folderOf(prefix: string, tenantKey: string): string {
  const isOneName = !tenantKey.includes('/') && isObjectKey(tenantKey);
  if (!isOneName) throw new InvalidDataMap('The name of a workspace in its source cannot be a part of a folder.');
  return prefix.replaceAll('{tenant}', () => tenantKey);
}

/**
 * The keys, each once, in the order of their UTF-8 bytes: that of the rows and of the store as well, so that nothing needs
 * to be remembered. Throws Unavailable when the store is away.
 */
export async function* objectKeys(
  client: ClientBase,
  sources: Sources,
  { store, collections, folders }: StoreContents,
): AsyncGenerator<string> {
  let keys = collections.length === 0 ? noKeys() : namedKeys(client, collections, store);
  for (const folder of folders) keys = union(keys, listedKeys(sources, store, folder));
  yield* keys;
}

async function* noKeys(): AsyncGenerator<string> {}

async function* namedKeys(
  client: ClientBase,
  collections: readonly ExportedCollection[],
  store: string,
): AsyncGenerator<string> {
  const copied = copyRows(client, copyObjects(collections, store));
  for await (const line of createInterface({ input: copied.rows, crlfDelay: Infinity }))
    yield JSON.parse(line) as string;
  await copied.count();
}

async function* listedKeys(sources: Sources, store: string, folder: string): AsyncGenerator<string> {
  try {
    for await (const { key } of sources.objectStore(store).list(folder)) yield key;
  } catch (error) {
    throw error instanceof Unavailable ? storeAway(store) : error;
  }
}

/** The storage's own words are about Steward's storage; here it is a source. */
export function storeAway(store: string): Error {
  return new Unavailable(`The source ${store} is not reachable.`, { service: 'source', retryAfterSeconds: 5 });
}

/** Of two sequences in order and without repeats. */
export async function* union(a: AsyncIterable<string>, b: AsyncIterable<string>): AsyncGenerator<string> {
  const [left, right] = [a[Symbol.asyncIterator](), b[Symbol.asyncIterator]()];
  let [x, y] = [await left.next(), await right.next()];
  while (!x.done || !y.done) {
    const order = x.done ? 1 : y.done ? -1 : Buffer.compare(Buffer.from(x.value), Buffer.from(y.value));
    yield order <= 0 ? x.value : y.value;
    if (order <= 0) x = await left.next();
    if (order >= 0) y = await right.next();
  }
}
