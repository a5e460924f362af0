/**
 * The objects that erased records named, deleted after the records with every version and with what was made of them. The
 * ledger of media says so before they go, so that a worker which dies in between counts nothing twice and forgets nothing.
 */
import { createHmac } from 'node:crypto';
import type { ClientBase } from 'pg';
import { dropNamedObjects } from '../../data-map/erasing/targets.ts';
import type { Collection, DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import type { Database } from '../../platform/database.ts';
import type { Sources } from '../../platform/sources.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { failPoint } from './fail-points.ts';

export interface MediaErasing {
  readonly db: Database;
  readonly sources: Sources;
  readonly map: DataMap;
  readonly workspaceId: string;
  readonly erasureId: string;
  readonly source: string;
  readonly tenantKey: string;
  /** Of the workspace's keyed hashes. */
  readonly key: Buffer;
  readonly signal: AbortSignal;
}

interface ListedObject {
  readonly store: string;
  readonly object: string;
}

const PAGE = 200;
const AT_A_TIME = 8;

/** Goes through what is listed in one source; what is deleted leaves the list. */
export async function eraseListedObjects(client: ClientBase, erasing: MediaErasing): Promise<void> {
  const { map, source, erasureId } = erasing;
  const mapped = collectionsOf(map).filter((each) => each.source === source && each.media.length > 0);
  for (const each of mapped) for (const statement of dropNamedObjects(each, erasing)) await run(client, statement);
  for (;;) {
    erasing.signal.throwIfAborted();
    const { rows } = await client.query<ListedObject>(
      'SELECT store, object FROM steward.erasure_objects WHERE erasure_id = $1 ORDER BY store, object LIMIT $2',
      [erasureId, PAGE],
    );
    if (rows.length === 0) return;
    for (let at = 0; at < rows.length; at += AT_A_TIME)
      await Promise.all(rows.slice(at, at + AT_A_TIME).map((each) => eraseObject(erasing, mapped, each)));
    await client.query(
      `DELETE FROM steward.erasure_objects WHERE erasure_id = $1
          AND (store, object) IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
      [erasureId, rows.map(({ store }) => store), rows.map(({ object }) => object)],
    );
  }
}

async function run(client: ClientBase, { text, values }: Statement): Promise<void> {
  await client.query(text, [...values]);
}

async function eraseObject(erasing: MediaErasing, mapped: readonly Collection[], listed: ListedObject): Promise<void> {
  const { db, workspaceId, erasureId, key } = erasing;
  const storage = erasing.sources.objectStore(listed.store);
  const objects = await withDerived(storage, derivedOf(mapped, listed.store), listed.object);
  const counts = await Promise.all(objects.map((each) => storage.versions(each)));
  const digest = createHmac('sha256', key)
    .update(JSON.stringify([listed.store, listed.object]))
    .digest();
  await db.withTenant(workspaceId, async (trx) => {
    await trx('media_erasures')
      .insert({
        workspace_id: workspaceId,
        erasure_id: erasureId,
        store: listed.store,
        object_digest: digest,
        objects: counts.reduce((sum, count) => sum + count, 0),
      })
      .onConflict(['workspace_id', 'erasure_id', 'store', 'object_digest'])
      .ignore();
  });
  failPoint('media.before_delete');
  for (const each of objects) await storage.deleteVersions(each);
  failPoint('media.after_delete');
}

function derivedOf(mapped: readonly Collection[], store: string): readonly string[] {
  const media = mapped.flatMap((each) => each.media).filter((each) => each.store === store);
  return [...new Set(media.flatMap(({ derived }) => derived))];
}

/** The object, and what is made of it as the map says. */
async function withDerived(
  storage: ObjectStorage,
  patterns: readonly string[],
  key: string,
): Promise<readonly string[]> {
  const found = [key];
  for (const pattern of patterns) {
    const named = pattern.replaceAll('{key}', () => key);
    if (!named.endsWith('*')) found.push(named);
    else for await (const each of storage.list(named.slice(0, -1))) found.push(each.key);
  }
  return [...new Set(found)];
}
