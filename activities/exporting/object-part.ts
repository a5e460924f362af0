/** The files of a part with objects, under the keys that the rows name them by. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Unavailable } from '../../domain/errors.ts';
import type { Sources } from '../../platform/sources.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import type { ObjectContent } from '../../platform/storage/storage.ts';
import type { ArchiveWriter } from '../packaging/archive-writer.ts';
import { safeFileName } from '../packaging/entry-names.ts';
import type { ExportDeps } from './export-facts.ts';
import { storeAway } from './object-keys.ts';
import type { PartContent, PartWork, Watch } from './part-work.ts';

const keys = z.array(z.string());

/**
 * Copies objects until the part has the size wanted; what is left is divided into further parts of about as many objects.
 * What the store lacks is listed and does not stop the rest.
 */
export async function writeObjects(
  { sources, exports }: ExportDeps,
  { row }: PartWork,
  content: unknown,
  archive: ArchiveWriter,
  { progress, signal }: Watch,
): Promise<PartContent> {
  const objects = keys.parse(content);
  const store = 'store' in row.contents ? row.contents.store : '';
  const missing: string[] = [];
  progress.collection = store;
  let done = 0;
  for (const object of objects) {
    if (archive.bytes >= exports.partMib * 2 ** 20) break;
    signal.throwIfAborted();
    const found = await open(sources, store, object);
    if (found === undefined) missing.push(object);
    else {
      await copy(archive, store, object, found);
      progress.files += 1;
    }
    done += 1;
  }
  return { contents: { store }, rows: 0, files: progress.files, missing, left: portions(objects.slice(done), done) };
}

async function open(sources: Sources, store: string, object: string): Promise<ObjectContent | undefined> {
  try {
    return await sources.objectStore(store).get(object);
  } catch (error) {
    if (error instanceof ObjectMissing) return undefined;
    throw error instanceof Unavailable ? storeAway(store) : error;
  }
}

async function copy(archive: ArchiveWriter, store: string, object: string, { stream }: ObjectContent): Promise<void> {
  try {
    await archive.add(pathOf(store, object), stream, { store: true });
  } catch (error) {
    throw error === stream.errored ? storeAway(store) : error;
  }
}

/** The key itself where it is a path that unpacks everywhere; else made safe, and kept apart by its digest. */
function pathOf(store: string, object: string): string {
  const segments = object.split('/').map(safeFileName);
  const path = ['media', safeFileName(store), ...segments].join('/');
  if (segments.join('/') === object) return path;
  const last = segments.pop() ?? '';
  const digest = createHash('sha256').update(object).digest('hex').slice(0, 16);
  return ['media', safeFileName(store), ...segments, safeFileName(`${digest}-${last}`)].join('/');
}

function portions(objects: readonly string[], size: number): readonly (readonly string[])[] {
  const each = Math.max(1, size);
  return Array.from({ length: Math.ceil(objects.length / each) }, (_, index) =>
    objects.slice(index * each, (index + 1) * each),
  );
}
