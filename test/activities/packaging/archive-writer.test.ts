import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { ArchiveWriter } from '../../../activities/packaging/archive-writer.ts';

const DATE = new Date('2026-03-05T10:20:30Z');

async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(bytes);
  const contents = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    contents.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return contents;
}

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(65_536, index);
}

describe('an archive', () => {
  test('has the entries that were added, with their sizes and digests', async () => {
    const archive = new ArchiveWriter(DATE);
    const output = buffer(archive.output);
    const added = [
      await archive.add('README.txt', 'Grüße\n'),
      await archive.add('data/کاربر.json', pieces(40)),
      await archive.add('media/a.jpg', Readable.from([Buffer.from('jpeg')]), { store: true }),
      await archive.add('empty', ''),
    ];
    await archive.finish();
    const contents = await unzip(await output);
    expect([...contents.keys()]).toEqual(['README.txt', 'data/کاربر.json', 'media/a.jpg', 'empty']);
    expect(archive.files).toEqual(added);
    for (const { path, bytes, sha256 } of added) {
      const content = contents.get(path) ?? Buffer.alloc(0);
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  test('reads its content at the pace of whoever takes its output', async () => {
    const archive = new ArchiveWriter(DATE);
    let produced = 0;
    const slow = async function* () {
      for await (const piece of pieces(2_000)) {
        produced += 1;
        yield piece;
      }
    };
    const adding = archive.add('big', slow(), { store: true });
    await delay(100);
    expect(produced).toBeLessThan(200);
    archive.abort(new Error('enough'));
    await expect(adding).rejects.toThrow();
  });

  test('fails as a whole when the content of an entry fails', async () => {
    const archive = new ArchiveWriter(DATE);
    const output = buffer(archive.output);
    const broken = async function* () {
      yield Buffer.from('x');
      throw new Error('the source broke');
    };
    const adding = archive.add('x', broken());
    await expect(adding).rejects.toThrow('the source broke');
    await expect(output).rejects.toThrow('the source broke');
    await expect(archive.add('y', 'y')).rejects.toThrow();
    await expect(archive.finish()).rejects.toThrow();
  });

  test('ends every wait when its output breaks', async () => {
    const archive = new ArchiveWriter(DATE);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
    const output = pipeline(archive.output, full);
    const adding = archive.add('x', pieces(1_000), { store: true });
    await expect(output).rejects.toThrow('disk full');
    await expect(adding).rejects.toThrow();
    await expect(archive.add('y', 'y')).rejects.toThrow();
  });
});
