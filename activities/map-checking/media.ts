/** Looks whether the stores that media columns name answer, and whether objects that rows name are in them. */
import type { ClientBase } from 'pg';
import { Report, nameOf } from '../../data-map/checking/report.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Collection, DataMap, Media } from '../../data-map/model.ts';
import { column, tableName } from '../../data-map/sql-text.ts';
import { InvalidDataMap, Unavailable } from '../../domain/errors.ts';
import type { MapFinding } from '../../domain/map-check.ts';
import type { Sources } from '../../platform/sources.ts';
import { isObjectKey } from '../../platform/storage/storage.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';

/** Enough to notice a wrong store, prefix or column; not enough to keep a store busy. */
const SAMPLE = 20;

/** Of the tables in `sound`, and the stores that folders of workspaces are in. The keys are held in memory for the look-up alone. */
export async function checkMedia(
  client: ClientBase,
  map: DataMap,
  source: string,
  sound: ReadonlyMap<string, unknown>,
  sources: Sources,
): Promise<readonly MapFinding[]> {
  const report = new Report(source);
  const collections = collectionsOf(map).filter((each) => each.source === source && sound.has(each.ref));
  const folders = map.datasets.filter((each) => each.source === source).flatMap((each) => each.folders);
  const named = [...collections.flatMap(({ media }) => media), ...folders].map(({ store }) => store);
  const stores = await openStores(named, sources, report);
  for (const collection of collections) {
    for (const media of collection.media) {
      const store = stores.get(media.store);
      if (store) await checkSample(client, collection, media, store, report);
    }
  }
  return report.findings;
}

async function openStores(
  names: readonly string[],
  sources: Sources,
  report: Report,
): Promise<ReadonlyMap<string, ObjectStorage>> {
  const opened = new Map<string, ObjectStorage>();
  for (const name of new Set(names)) {
    try {
      const store = sources.objectStore(name);
      await store.health();
      opened.set(name, store);
    } catch (error) {
      if (!(error instanceof InvalidDataMap || error instanceof Unavailable)) throw error;
      report.add('store-missing', {
        object: name,
        text:
          error instanceof InvalidDataMap
            ? `Media columns or folders name the store ${name}, and the settings (sources) have none of kind folder or s3 by this name.`
            : `The store ${name} does not answer, or its folder or bucket is not there.`,
      });
    }
  }
  return opened;
}

async function checkSample(
  client: ClientBase,
  collection: Collection,
  media: Media,
  store: ObjectStorage,
  report: Report,
): Promise<void> {
  const key = column('t', media.column);
  const { rows } = await client.query<{ key: string }>(
    `SELECT ${key}::text AS key FROM ${tableName(collection)} t WHERE ${key} IS NOT NULL LIMIT ${SAMPLE}`,
  );
  const found = await Promise.all(rows.map(async (row) => isObjectKey(row.key) && (await store.head(row.key))));
  const missing = found.filter((head) => !head).length;
  if (missing === 0) return;
  report.add('objects-missing', {
    table: nameOf(collection),
    column: media.column,
    object: media.store,
    text: `Of ${rows.length} objects that rows name, ${missing} are not in the store ${media.store}; see whether column and store are the right ones. Packages list what is missing.`,
  });
}
