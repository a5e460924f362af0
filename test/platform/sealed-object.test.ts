import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ZipArchive } from 'archiver';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SealBroken } from '../../domain/errors.ts';
import { openSealedZip } from '../../platform/sealed-object.ts';
import { sealStream } from '../../platform/sealed-stream.ts';
import { openFolder } from '../../platform/storage/folder.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';

const KEY = 'packages/one';
const dataKey = randomBytes(32);
/** Incompressible, and several segments long. */
const large = randomBytes(3_300_000);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-sealed-'));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  const zip = new ZipArchive();
  zip.append('first', { name: 'a.txt' }).append(large, { name: 'b.bin' }).append('last', { name: 'c.txt' });
  await Promise.all([openFolder(folder).put(KEY, zip.pipe(sealStream(dataKey, 'package:1'))), zip.finalize()]);
});

async function contents(context = 'package:1'): Promise<Map<string, Buffer>> {
  const zip = await openSealedZip({ storage: openFolder(folder), key: KEY, dataKey, context }, { autoClose: false });
  const read = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry())
    read.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  return read;
}

async function damage(at: number): Promise<void> {
  await using file = await open(join(folder, KEY), 'r+');
  const { buffer: byte } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at);
}

describe('a sealed zip', () => {
  test('is read in place, across its segments', async () => {
    const read = await contents();
    expect([...read.keys()]).toEqual(['a.txt', 'b.bin', 'c.txt']);
    expect(read.get('a.txt')?.toString()).toBe('first');
    expect(read.get('b.bin')?.equals(large)).toBe(true);
  });

  test.each([0, 20, 50, 1_500_000, 3_300_000])('does not open when the byte at %i was changed', async (at) => {
    await damage(at);
    await expect(contents()).rejects.toThrow(SealBroken);
  });

  test('does not open when it was cut off, also between two segments', async () => {
    for (const bytes of [3_000_000, 2 * 2 ** 20, 30]) {
      await truncate(join(folder, KEY), bytes);
      await expect(contents()).rejects.toThrow(SealBroken);
    }
  });

  test('does not open in the place of another', async () => {
    await expect(contents('package:2')).rejects.toThrow(SealBroken);
  });

  test('that is not there is said to be missing', async () => {
    await openFolder(folder).delete(KEY);
    await expect(contents()).rejects.toThrow(ObjectMissing);
  });

  test('of nothing at all is no zip, and says so', async () => {
    await openFolder(folder).put(KEY, Readable.from([]).pipe(sealStream(dataKey, 'package:1')));
    await expect(contents()).rejects.toThrow(/not a zip|End of central directory/i);
  });
});
