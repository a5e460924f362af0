/** The objects that rows name, copied from the store as they are. */
import { text } from 'node:stream/consumers';
import { mediaReading } from '../../data-map/copy.ts';
import type { Media } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { Unavailable } from '../../domain/errors.ts';
import type { StewardError } from '../../domain/errors.ts';
import type { MissingObject } from '../../domain/manifest.ts';
import type { Sources } from '../../platform/sources.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import type { ObjectContent } from '../../platform/storage/storage.ts';
import type { Snapshot } from '../plan-runner.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import type { PackedMedia } from './contents.ts';
import type { EntryNames } from './entry-names.ts';
import type { Progress } from './progress.ts';

export interface NamedObject {
  readonly collection: string;
  /** The source that has the object. */
  readonly store: string;
  /** Its key there. */
  readonly object: string;
  /** The file's name as people know it. */
  readonly name: string;
}

const COMPRESSED =
  /\.(png|jpe?g|gif|webp|avif|heic|mp4|m4v|mov|webm|mkv|mp3|m4a|aac|ogg|opus|flac|pdf|docx|xlsx|pptx|odt|ods|zip|gz|7z)$/i;

/** Whether a file is of a kind that compression does not make smaller. */
export const isCompressed = (path: string): boolean => COMPRESSED.test(path);

/** The objects named in one column by the rows found, each once. Held in memory: a few hundred bytes a file. */
export async function listObjects(
  snapshot: Snapshot,
  collection: PlannedCollection,
  media: Media,
): Promise<readonly NamedObject[]> {
  const lines = (await text(snapshot.read(collection, mediaReading(collection, media)))).split('\n');
  const objects = new Map<string, NamedObject>();
  for (const line of lines) {
    if (line === '') continue;
    const { object, name }: { object: string; name: string | null } = JSON.parse(line);
    if (!objects.has(object)) {
      objects.set(object, { collection: collection.ref, store: media.store, object, name: displayName(object, name) });
    }
  }
  return [...objects.values()];
}

/** A title without an extension gets the object's, or nobody could open the file by a click. */
function displayName(object: string, name: string | null): string {
  const last = object.slice(object.lastIndexOf('/') + 1);
  if (name === null || name.trim() === '') return last;
  const extension = /\.[a-z0-9]{1,10}$/i.exec(last)?.[0] ?? '';
  return name.toLowerCase().endsWith(extension.toLowerCase()) ? name : `${name}${extension}`;
}

export interface PackedObjects {
  readonly media: readonly PackedMedia[];
  readonly missing: readonly MissingObject[];
}

export class MediaFiles {
  private readonly archive: ArchiveWriter;
  private readonly names: EntryNames;
  private readonly sources: Sources;
  private readonly progress: Progress;

  constructor(archive: ArchiveWriter, names: EntryNames, sources: Sources, progress: Progress) {
    this.archive = archive;
    this.names = names;
    this.sources = sources;
    this.progress = progress;
  }

  /** Copies one after the other; what the store lacks is listed and does not stop the rest. */
  async pack(objects: readonly NamedObject[]): Promise<PackedObjects> {
    const media: PackedMedia[] = [];
    const missing: MissingObject[] = [];
    for (const object of objects) {
      this.progress.collection = object.collection;
      const content = await this.open(object);
      if (content) media.push(await this.copy(object, content));
      else missing.push({ collection: object.collection, path: object.object });
      this.progress.files += 1;
    }
    return { media, missing };
  }

  private async open({ store, object }: NamedObject): Promise<ObjectContent | undefined> {
    try {
      return await this.sources.objectStore(store).get(object);
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error instanceof Unavailable ? away(store) : error;
    }
  }

  private async copy({ collection, store, name }: NamedObject, { stream }: ObjectContent): Promise<PackedMedia> {
    const path = this.names.unique(['media', collection], name);
    try {
      return { collection, file: await this.archive.add(path, stream, { store: isCompressed(path) }) };
    } catch (error) {
      throw error === stream.errored ? away(store) : error;
    }
  }
}

/** The storage's own words are about the packages' storage; here it is a source. */
function away(store: string): StewardError {
  return new Unavailable(`The source ${store} is not reachable.`, { service: 'source', retryAfterSeconds: 5 });
}
