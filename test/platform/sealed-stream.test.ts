import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SealBroken } from '../../domain/errors.ts';
import { openStream, sealStream } from '../../platform/sealed-stream.ts';
import { runs } from '../support/property-runs.ts';

const SEGMENT = 2 ** 20;
const HEADER = 40;
const TAG = 16;
/** How much plaintext fills the first segment, and each one after it. */
const FIRST = SEGMENT - HEADER - TAG;
const NEXT = SEGMENT - TAG;

const key = randomBytes(32);

/** Sends bytes through in chunks of a size. */
async function through(stream: Transform, bytes: Buffer, chunkBytes = 64 * 1024): Promise<Buffer> {
  const chunks = (function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  })();
  const output = buffer(stream);
  await Promise.all([pipeline(Readable.from(chunks, { objectMode: false }), stream), output]);
  return output;
}

const sealed = (plain: Buffer, chunkBytes?: number) => through(sealStream(key, 'package/1'), plain, chunkBytes);
const opened = (bytes: Buffer, chunkBytes?: number) => through(openStream(key, 'package/1'), bytes, chunkBytes);

describe('a sealed stream', () => {
  it.each([0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + NEXT, FIRST + NEXT + 1])(
    'opens to the %i bytes that it was',
    async (size) => {
      const plain = randomBytes(size);
      const bytes = await sealed(plain);
      const segments = Math.max(1, 1 + Math.ceil((size - FIRST) / NEXT));
      expect(bytes.length).toBe(HEADER + size + segments * TAG);
      expect((await opened(bytes)).equals(plain)).toBe(true);
    },
  );

  it('does not depend on how the bytes arrive', async () => {
    const plain = randomBytes(FIRST + 5000);
    const chunkBytes = fc.integer({ min: 1000, max: 3 * SEGMENT });
    await fc.assert(
      fc.asyncProperty(chunkBytes, chunkBytes, async (sealing, opening) => {
        expect((await opened(await sealed(plain, sealing), opening)).equals(plain)).toBe(true);
      }),
      { numRuns: runs(10) },
    );
    expect((await opened(await sealed(plain.subarray(0, 300), 1), 1)).equals(plain.subarray(0, 300))).toBe(true);
  });

  it('opens what Tink has sealed', async () => {
    const byTink = Buffer.from(
      '28f66c325947069f237f8dc9d813c3e9823581a2ab8078c1839873839705b3bb9d8e9a92a8206b57c029e9df22d991025d4838ec41fac4' +
        '66148c75b8b4caf9b92424edc5b6c5',
      'hex',
    );
    expect((await through(openStream(Buffer.alloc(32, 7), 'package/1'), byTink)).toString()).toBe('Sealed by Tink');
  });

  it('is never the same twice', async () => {
    const plain = Buffer.from('same');
    expect((await sealed(plain)).equals(await sealed(plain))).toBe(false);
  });

  it('does not open with another key or in another context', async () => {
    const bytes = await sealed(randomBytes(100));
    await expect(through(openStream(randomBytes(32), 'package/1'), bytes)).rejects.toThrow(SealBroken);
    await expect(through(openStream(key, 'package/2'), bytes)).rejects.toThrow(SealBroken);
  });
});

describe('a sealed stream that somebody has changed', () => {
  const plain = randomBytes(FIRST + 2 * NEXT + 1000);
  const places = {
    'the length of the header': 0,
    'the salt': 1,
    'the nonce prefix': 39,
    'the first segment': HEADER,
    'the tag of the first segment': SEGMENT - 1,
    'a middle segment': SEGMENT + 5,
    'the tag of a middle segment': 2 * SEGMENT - TAG,
    'the last segment': 3 * SEGMENT,
    'the last byte': 3 * SEGMENT + 1000 + TAG - 1,
  };

  it.each(Object.entries(places))('fails on a changed bit in %s', async (_, place) => {
    const bytes = await sealed(plain);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
    await expect(opened(bytes)).rejects.toThrow(SealBroken);
  });

  it('fails on a changed bit anywhere in a short one', async () => {
    const bytes = await sealed(Buffer.from('short'));
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      await expect(opened(changed)).rejects.toThrow(SealBroken);
    }
  });

  it('fails wherever it is cut off', async () => {
    const bytes = await sealed(plain);
    const cuts = [
      0,
      1,
      39,
      40,
      41,
      55,
      56,
      SEGMENT - 1,
      SEGMENT,
      SEGMENT + 1,
      2 * SEGMENT,
      3 * SEGMENT,
      3 * SEGMENT + 15,
    ];
    for (const cut of [...cuts, bytes.length - 1])
      await expect(opened(bytes.subarray(0, cut))).rejects.toThrow(SealBroken);
  });

  it('fails when anything is added', async () => {
    const bytes = await sealed(plain);
    await expect(opened(Buffer.concat([bytes, Buffer.of(0)]))).rejects.toThrow(SealBroken);
    await expect(opened(Buffer.concat([bytes, bytes]))).rejects.toThrow(SealBroken);
    await expect(opened(Buffer.concat([bytes, bytes.subarray(SEGMENT, 2 * SEGMENT)]))).rejects.toThrow(SealBroken);
  });

  it('fails when segments change places, go missing or come from another stream', async () => {
    const bytes = await sealed(plain);
    const other = await sealed(plain);
    const parts = [0, 1, 2, 3].map((index) => bytes.subarray(index * SEGMENT, (index + 1) * SEGMENT));
    const [first, second, third, last] = parts;
    const strange = other.subarray(SEGMENT, 2 * SEGMENT);
    const forgeries = [
      [first, third, second, last],
      [first, third, last],
      [first, last],
      [first, strange, third, last],
    ];
    for (const forgery of forgeries) {
      await expect(opened(Buffer.concat(forgery.map((part) => part ?? Buffer.alloc(0))))).rejects.toThrow(SealBroken);
    }
  });

  it('releases the segments before the change and nothing after it', async () => {
    const bytes = await sealed(plain);
    bytes.writeUInt8(bytes.readUInt8(2 * SEGMENT - 1) ^ 1, 2 * SEGMENT - 1);
    const released: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        released.push(chunk);
        done();
      },
    });
    await expect(pipeline(Readable.from([bytes]), openStream(key, 'package/1'), sink)).rejects.toThrow(SealBroken);
    expect(Buffer.concat(released).equals(plain.subarray(0, Buffer.concat(released).length))).toBe(true);
    expect(Buffer.concat(released).length).toBeLessThanOrEqual(FIRST);
  });
});

describe('the pace of a sealed stream', () => {
  it('is that of its reader', async () => {
    let taken = 0;
    const source = new Readable({
      read() {
        taken += 64 * 1024;
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    const unread = source.pipe(sealStream(key, 'c')).pipe(openStream(key, 'c'));
    await once(unread, 'readable');
    // It reads on only while somebody takes what it has; given as many turns as it would need for ten times as much.
    for (let turn = 0; turn < 2_000; turn += 1) await new Promise(setImmediate);
    expect(unread.readableLength).toBeGreaterThan(0);
    expect(taken).toBeLessThan(6 * SEGMENT);
    source.destroy();
  });
});
