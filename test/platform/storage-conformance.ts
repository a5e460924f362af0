/** What every object storage has to do, whatever it is made of. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Conflict, InvalidInput, Unavailable } from '../../domain/errors.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import type { ObjectEntry, ObjectStorage } from '../../platform/storage/storage.ts';

const IMPOSSIBLE_KEYS = {
  'the empty text': '',
  'an absolute path': '/a',
  'a path to a folder': 'a/',
  'an empty segment': 'a//b',
  'the folder above': '..',
  'a way up': 'a/../b',
  'a dot': './a',
  'a backslash': 'a\\b',
  'a NUL': 'a\0b',
  'half a character': '\ud800',
  'more than 1024 bytes': 'é'.repeat(513),
};
const UNUSUAL_KEYS = [
  'with space',
  'percent%20',
  'plus+sign',
  'question?mark',
  'hash#sign',
  'ünïcode/名前',
  '.hidden/..dots',
];

export const streamOf = (...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(
    chunks.map((chunk) => Buffer.from(chunk)),
    { objectMode: false },
  );

/** Gives the chunks, then fails. */
export const failingStream = (error: Error, ...chunks: readonly (string | Buffer)[]): Readable =>
  Readable.from(
    (function* () {
      yield* chunks.map((chunk) => Buffer.from(chunk));
      throw error;
    })(),
    { objectMode: false },
  );

/** All that a storage lists, in its order. */
export async function list(storage: ObjectStorage, prefix: string): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for await (const entry of storage.list(prefix)) entries.push(entry);
  return entries;
}

/** Registers the tests; `open` gives the storage, which may hold other objects. */
export function testStorage(open: () => ObjectStorage): void {
  const freshPrefix = () => `${randomUUID()}/`;
  const contentOf = async (storage: ObjectStorage, key: string) => buffer((await storage.get(key)).stream);

  it.each([0, 1, 65_537, 2 ** 25 + 1])(
    'gives back an object of %i bytes as it was, with its size and digest',
    async (size) => {
      const storage = open();
      const key = `${freshPrefix()}object`;
      const content = randomBytes(size);
      const stored = await storage.put(key, streamOf(content), { contentType: 'application/zip' });
      expect(stored).toEqual({ bytes: size, sha256: createHash('sha256').update(content).digest('hex') });
      const found = await storage.get(key);
      expect(found.bytes).toBe(size);
      expect((await buffer(found.stream)).equals(content)).toBe(true);
      expect(await storage.head(key)).toMatchObject({ bytes: size });
      await storage.delete(key);
    },
  );

  it('gives a part of an object, and nothing where it has none', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('0123456789'));
    await storage.put(`${key}-empty`, streamOf());
    const partOf = async (name: string, start: number, end: number) => {
      const { stream, bytes } = await storage.get(name, { start, end });
      const content = await buffer(stream);
      expect(content.length).toBe(bytes);
      return content.toString();
    };
    expect(await partOf(key, 0, 4)).toBe('0123');
    expect(await partOf(key, 4, 5)).toBe('4');
    expect(await partOf(key, 8, 99)).toBe('89');
    expect(await partOf(key, 10, 12)).toBe('');
    expect(await partOf(`${key}-empty`, 0, 40)).toBe('');
    await expect(storage.get(`${key}-missing`, { start: 0, end: 1 })).rejects.toThrow(ObjectMissing);
  });

  it('replaces an object', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('first, and longer'));
    await storage.put(key, streamOf('second'));
    expect((await contentOf(storage, key)).toString()).toBe('second');
  });

  it('deletes every version of an object, and none of another whose key begins alike', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('first'));
    await storage.put(key, streamOf('second'));
    await storage.put(`${key}.thumb`, streamOf('another'));
    expect(await storage.versions(key)).toBeGreaterThan(0);
    await storage.deleteVersions(key);
    await storage.deleteVersions(key);
    expect(await storage.versions(key)).toBe(0);
    expect(await storage.head(key)).toBeUndefined();
    expect((await contentOf(storage, `${key}.thumb`)).toString()).toBe('another');
    expect(await storage.versions(`${key}.thumb`)).toBe(1);
  });

  it('does not replace an object that must be absent', async () => {
    const storage = open();
    const key = `${freshPrefix()}journal/1`;
    await storage.put(key, streamOf('first'), { ifAbsent: true });
    await expect(storage.put(key, streamOf('second'), { ifAbsent: true })).rejects.toThrow(Conflict);
    expect((await contentOf(storage, key)).toString()).toBe('first');
  });

  it('lets one of many writers create an object that must be absent', async () => {
    const storage = open();
    const key = `${freshPrefix()}journal/1`;
    const writers = Array.from({ length: 5 }, (_, index) =>
      storage.put(key, streamOf(`writer ${index}`), { ifAbsent: true }),
    );
    const outcomes = await Promise.allSettled(writers);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await contentOf(storage, key)).toString()).toBe(`writer ${winner}`);
  });

  it.each([0, 100_000, 2 ** 25 + 1])('keeps nothing of a stream that fails after %i bytes', async (size) => {
    const storage = open();
    const prefix = freshPrefix();
    const failure = new Error('The source went away.');
    await expect(storage.put(`${prefix}object`, failingStream(failure, randomBytes(size)))).rejects.toBe(failure);
    expect(await storage.head(`${prefix}object`)).toBeUndefined();
    expect(await list(storage, prefix)).toEqual([]);
  });

  it('keeps the object that was there when its replacement fails', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('old'));
    await expect(storage.put(key, failingStream(new Error('gone'), 'ne'))).rejects.toThrow('gone');
    expect((await contentOf(storage, key)).toString()).toBe('old');
  });

  it('says so when an object is missing', async () => {
    const storage = open();
    const key = `${freshPrefix()}nothing`;
    await expect(storage.get(key)).rejects.toThrow(ObjectMissing);
    expect(await storage.head(key)).toBeUndefined();
  });

  it('deletes an object, and does so again without complaint', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('content'));
    await storage.delete(key);
    await storage.delete(key);
    await expect(storage.get(key)).rejects.toThrow(ObjectMissing);
  });

  it('lists by prefix, in the order of the bytes of the keys', async () => {
    const storage = open();
    const prefix = freshPrefix();
    const keys = ['a', 'a-b', 'a.b', 'a0', 'b/c', 'b/c-d', 'b/é', 'b/\u{10000}', 'b/\uffee', 'c'].map(
      (key) => prefix + key,
    );
    for (const key of keys.toReversed()) await storage.put(key, streamOf('12345'));
    const listed = await list(storage, prefix);
    expect(listed.map(({ key }) => key)).toEqual(
      keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect(listed[0]?.bytes).toBe(5);
    expect(Math.abs((listed[0]?.modifiedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    const inFolder = await list(storage, `${prefix}b/c`);
    expect(inFolder.map(({ key }) => key)).toEqual([`${prefix}b/c`, `${prefix}b/c-d`]);
  });

  it.each(UNUSUAL_KEYS)('takes %j for a key', async (name) => {
    const storage = open();
    const prefix = freshPrefix();
    await storage.put(prefix + name, streamOf(name));
    expect((await contentOf(storage, prefix + name)).toString()).toBe(name);
    expect((await list(storage, prefix)).map(({ key }) => key)).toEqual([prefix + name]);
    await storage.delete(prefix + name);
    expect(await storage.head(prefix + name)).toBeUndefined();
  });

  it.each(Object.entries(IMPOSSIBLE_KEYS))('does not take %s for a key', async (_, key) => {
    const storage = open();
    const content = streamOf('content');
    await expect(storage.put(key, content)).rejects.toThrow(InvalidInput);
    expect(content.destroyed).toBe(true);
    await expect(storage.get(key)).rejects.toThrow(ObjectMissing);
    expect(await storage.head(key)).toBeUndefined();
    await storage.delete(key);
  });

  it('takes away what a writer has begun, who then cannot bring it to its place', async () => {
    const storage = open();
    const prefix = freshPrefix();
    const content = new PassThrough();
    content.write(randomBytes(2 ** 25 + 1));
    const outcome = storage.put(`${prefix}object`, content).catch((error: unknown) => error);
    const later = new Date(Date.now() + 60_000);
    while ((await storage.sweepUnfinished(later)) === 0) await delay(20);
    content.end();
    expect(await outcome).toBeInstanceOf(Unavailable);
    expect(await list(storage, prefix)).toEqual([]);
    expect(await storage.sweepUnfinished(later)).toBe(0);
  });

  it('leaves finished objects alone when it sweeps', async () => {
    const storage = open();
    const key = `${freshPrefix()}object`;
    await storage.put(key, streamOf('content'));
    await storage.sweepUnfinished(new Date(Date.now() + 60_000));
    expect((await contentOf(storage, key)).toString()).toBe('content');
  });

  it('is healthy', async () => {
    await open().health();
  });
}
