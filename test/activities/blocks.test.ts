import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocks } from '../../activities/blocks.ts';
import { runs } from '../support/property-runs.ts';

const BLOCK = 256 * 1024;

describe('blocks', () => {
  it('hold what was written, in pieces of one size but for the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 2 * BLOCK }), { maxLength: 4 }), async (sizes) => {
        const chunks = sizes.map((size, index) => Buffer.alloc(size, index + 1));
        const blocks = await written(chunks);
        expect(Buffer.concat(blocks).equals(Buffer.concat(chunks))).toBe(true);
        expect(blocks.slice(0, -1).every(({ length }) => length === BLOCK)).toBe(true);
        expect(blocks.every(({ length }) => length > 0)).toBe(true);
      }),
      { numRuns: runs(15) },
    );
  });
});

/** As a compressor gets them. */
async function written(chunks: readonly Buffer[]): Promise<readonly Buffer[]> {
  const blocks: Buffer[] = [];
  const compressor = new Writable({
    write: (block: Buffer, _encoding, done) => {
      blocks.push(block);
      setImmediate(done);
    },
  });
  await pipeline(Readable.from(chunks), new Blocks(), compressor);
  return blocks;
}
