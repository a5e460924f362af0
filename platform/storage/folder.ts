/**
 * Object storage in a folder. An object is written beside the others under `.incoming`, brought to the disk and moved to
 * its place: a reader sees it whole or not at all, also after a crash. Files have mode 0600, folders 0700.
 *
 * The folder itself has to be there. Making it would hide that a volume is not mounted.
 */
import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { access, constants, link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Conflict, InvalidInput, Unavailable } from '../../domain/errors.ts';
import { isErrno, syncFolder } from '../files.ts';
import { Meter, abandon } from './meter.ts';
import { ObjectMissing, isObjectKey, requireObjectKey } from './storage.ts';
import type {
  ByteRange,
  ObjectContent,
  ObjectEntry,
  ObjectHead,
  ObjectStorage,
  PutOptions,
  StoredObject,
} from './storage.ts';

const INCOMING = '.incoming';
/** What the system answers for a path that names no file. */
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'];

export function openFolder(path: string): ObjectStorage {
  return new FolderStorage(resolve(path));
}

class FolderStorage implements ObjectStorage {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async put(key: string, content: Readable, options: PutOptions = {}): Promise<StoredObject> {
    const meter = new Meter();
    const draft = join(this.root, INCOMING, randomUUID());
    try {
      const target = this.place(key);
      await this.prepare();
      // Opened first: a stream that is destroyed while it opens its file by itself makes the file after we have removed it.
      const file = await open(draft, 'wx', 0o600);
      await pipeline(meter.read(content), file.createWriteStream({ flush: true }));
      await this.publish(draft, target, options.ifAbsent ?? false);
      return meter.result();
    } catch (error) {
      const failure = meter.blames(error) ? error : storageFailure(error);
      abandon(content, failure);
      throw failure;
    } finally {
      await discard(draft);
    }
  }

  async get(key: string, range?: ByteRange): Promise<ObjectContent> {
    const path = this.find(key);
    if (path === undefined) throw new ObjectMissing();
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw isErrno(error, ...ABSENT) ? new ObjectMissing() : storageFailure(error);
    });
    const facts = await handle.stat();
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? facts.size, facts.size);
    if (facts.isFile() && start < end)
      return { stream: handle.createReadStream({ start, end: end - 1 }), bytes: end - start };
    await handle.close();
    if (facts.isFile()) return { stream: Readable.from([]), bytes: 0 };
    throw new ObjectMissing();
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    const path = this.find(key);
    return path === undefined ? undefined : factsOf(path);
  }

  async delete(key: string): Promise<void> {
    const path = this.find(key);
    if (path === undefined) return;
    try {
      await unlink(path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (!isErrno(error, ...ABSENT)) throw storageFailure(error);
    }
  }

  async versions(key: string): Promise<number> {
    return (await this.head(key)) === undefined ? 0 : 1;
  }

  async deleteVersions(key: string): Promise<void> {
    await this.delete(key);
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    yield* this.walk('', prefix);
  }

  /** By when a draft was last written to. */
  async sweepUnfinished(begunBefore: Date): Promise<number> {
    let removed = 0;
    for (const { name } of await sortedEntries(join(this.root, INCOMING))) {
      const draft = join(this.root, INCOMING, name);
      const facts = await factsOf(draft);
      if (!facts || facts.modifiedAt >= begunBefore) continue;
      await discard(draft);
      removed += 1;
    }
    return removed;
  }

  async health(): Promise<void> {
    await access(this.root, constants.R_OK | constants.X_OK).catch((error: unknown) => {
      throw storageFailure(error);
    });
  }

  private async *walk(folder: string, prefix: string): AsyncGenerator<ObjectEntry> {
    for (const entry of await sortedEntries(join(this.root, folder))) {
      const key = `${folder}${entry.name}`;
      if (entry.isDirectory()) {
        const inside = `${key}/`;
        if (key !== INCOMING && (inside.startsWith(prefix) || prefix.startsWith(inside)))
          yield* this.walk(inside, prefix);
      } else if (entry.isFile() && key.startsWith(prefix)) {
        const facts = await factsOf(join(this.root, key));
        if (facts) yield { key, ...facts };
      }
    }
  }

  private async prepare(): Promise<void> {
    await mkdir(join(this.root, INCOMING), { mode: 0o700 }).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  }

  private async publish(draft: string, target: string, ifAbsent: boolean): Promise<void> {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await (ifAbsent ? link(draft, target) : rename(draft, target));
    for (let folder = dirname(target); ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === this.root) return;
    }
  }

  /** Where a new object goes. */
  private place(key: string): string {
    requireObjectKey(key);
    if (isReserved(key)) throw new InvalidInput(`Keys under ${INCOMING} are the storage's own.`);
    return join(this.root, key);
  }

  /** Where an object would be; undefined when none can have this key. */
  private find(key: string): string | undefined {
    return isObjectKey(key) && !isReserved(key) ? join(this.root, key) : undefined;
  }
}

const isReserved = (key: string): boolean => key.split('/')[0] === INCOMING;

async function factsOf(path: string): Promise<ObjectHead | undefined> {
  try {
    const facts = await stat(path);
    return facts.isFile() ? { bytes: facts.size, modifiedAt: facts.mtime } : undefined;
  } catch (error) {
    if (isErrno(error, ...ABSENT)) return undefined;
    throw storageFailure(error);
  }
}

/** In the order that their keys have: a folder's keys go on with a slash. */
async function sortedEntries(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isErrno(error, ...ABSENT)) return [];
    throw storageFailure(error);
  });
  const sortKey = (entry: Dirent) => Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.toSorted((a, b) => Buffer.compare(sortKey(a), sortKey(b)));
}

/** Best effort: what stays is swept later, and why the writing failed matters more. */
async function discard(draft: string): Promise<void> {
  await rm(draft, { force: true }).catch(() => undefined);
}

function storageFailure(error: unknown): unknown {
  if (isErrno(error, 'EEXIST')) return new Conflict('There is an object under this key.');
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  const code = String(error.code);
  const isFull = isErrno(error, 'ENOSPC', 'EDQUOT');
  const what = isFull ? `The disk of the storage folder is full (${code}).` : `The storage folder failed with ${code}.`;
  return new Unavailable(what, { service: 'storage' });
}
