import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RandomAccessReader, fromBufferPromise, fromRandomAccessReaderPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { descriptor, directoryRecord, endOfDirectory, localHeader } from '../../platform/zip-format.ts';
import type { ZipContent } from '../../platform/zip-format.ts';

const DATE = new Date('2026-03-05T10:20:30Z');

function contentOf(bytes: Buffer, stored: Buffer): ZipContent {
  return { crc32: crc32(bytes), bytes: bytes.length, storedBytes: stored.length };
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  return entries;
}

/** Parts of a file at their places, and nothing but zeros between them. */
class Sparse extends RandomAccessReader {
  private readonly parts: ReadonlyMap<number, Buffer>;

  constructor(parts: ReadonlyMap<number, Buffer>) {
    super();
    this.parts = parts;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const bytes = Buffer.alloc(end - start);
    for (const [at, part] of this.parts) {
      if (at < end && at + part.length > start) part.copy(bytes, Math.max(0, at - start), Math.max(0, start - at));
    }
    return Readable.from([bytes]);
  }
}

describe('the records of an archive', () => {
  test('give an entry its name, time, rights and content', async () => {
    const text = Buffer.from('Grüße\n'.repeat(100));
    const stored = deflateRawSync(text);
    const entry = { path: 'data/کاربر.txt', date: DATE, isDeflated: true, offset: 0 };
    const content = contentOf(text, stored);
    const file = Buffer.concat([localHeader(entry, content), stored]);
    const directory = directoryRecord(entry, content, false);
    const zip = await fromBufferPromise(
      Buffer.concat([file, directory, endOfDirectory(1, directory.length, file.length)]),
    );
    const [read] = await entriesOf(zip);
    expect(read?.fileName).toBe('data/کاربر.txt');
    expect(read?.getLastModDate({ timezone: 'UTC' })).toEqual(DATE);
    expect((read?.externalFileAttributes ?? 0) >>> 16).toBe(0o100644);
    expect(read && (await buffer(await zip.openReadStreamPromise(read)))).toEqual(text);
  });

  test('hold files and places beyond four gigabytes', async () => {
    const many = 5 * 2 ** 30;
    const first = { path: 'film.mp4', date: DATE, isDeflated: false, offset: 0 };
    const film = { crc32: 7, bytes: many, storedBytes: many };
    const begin = localHeader(first, undefined);
    const end = descriptor(film);
    const text = Buffer.from('after the film\n');
    const second = { path: 'after.txt', date: DATE, isDeflated: false, offset: begin.length + many + end.length };
    const content = contentOf(text, text);
    const file = Buffer.concat([end, localHeader(second, content), text]);
    const directory = Buffer.concat([directoryRecord(first, film, true), directoryRecord(second, content, false)]);
    const at = begin.length + many + file.length;
    const tail = Buffer.concat([file, directory, endOfDirectory(2, directory.length, at)]);
    const parts = new Map([
      [0, begin],
      [begin.length + many, tail],
    ]);
    const zip = await fromRandomAccessReaderPromise(new Sparse(parts), begin.length + many + tail.length, {
      autoClose: false,
    });
    const [large, after] = await entriesOf(zip);
    expect(large).toMatchObject({ fileName: 'film.mp4', uncompressedSize: many, compressedSize: many });
    expect(after && (await buffer(await zip.openReadStreamPromise(after)))).toEqual(text);
  });

  test('hold a content that is known to be large', async () => {
    const many = 2 ** 32;
    const entry = { path: 'rows.csv', date: DATE, isDeflated: true, offset: 0 };
    const content = { crc32: 7, bytes: many, storedBytes: 12 };
    const file = Buffer.concat([localHeader(entry, content), Buffer.alloc(12)]);
    const directory = directoryRecord(entry, content, false);
    const zip = await fromBufferPromise(
      Buffer.concat([file, directory, endOfDirectory(1, directory.length, file.length)]),
    );
    const [read] = await entriesOf(zip);
    expect(read).toMatchObject({ uncompressedSize: many, compressedSize: 12 });
    expect(file.readUInt32LE(18)).toBe(0xffff_ffff);
  });

  test('hold more entries than sixteen bits count', async () => {
    const content = contentOf(Buffer.of(), Buffer.of());
    const entries = Array.from({ length: 66_000 }, (_, at) => ({
      path: `media/${at}.jpg`,
      date: DATE,
      isDeflated: false,
    }));
    const files: Buffer[] = [];
    const records: Buffer[] = [];
    let offset = 0;
    for (const each of entries) {
      const header = localHeader({ ...each, offset }, content);
      files.push(header);
      records.push(directoryRecord({ ...each, offset }, content, false));
      offset += header.length;
    }
    const directory = Buffer.concat(records);
    const end = endOfDirectory(entries.length, directory.length, offset);
    const zip = await fromBufferPromise(Buffer.concat([...files, directory, end]));
    expect(zip.entryCount).toBe(66_000);
    const read = await entriesOf(zip);
    expect(read.at(-1)?.fileName).toBe('media/65999.jpg');
  });

  test('give times before those of DOS as its first', () => {
    const header = localHeader({ path: 'x', date: new Date(0), isDeflated: false, offset: 0 }, undefined);
    expect([header.readUInt16LE(10), header.readUInt16LE(12)]).toEqual([0, 0x21]);
  });
});
