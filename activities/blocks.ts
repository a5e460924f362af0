/** Gathers a stream into blocks: every piece that a compressor is given is handed to a thread and back, large or small. */
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

/** A source sends what fits in a socket's buffer, a quarter of this. */
const BLOCK_BYTES = 256 * 1024;

/** Passes on what is written to it in blocks of one size; the last one is what is left. */
export class Blocks extends Transform {
  private block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private filled = 0;

  constructor() {
    super({ writableHighWaterMark: BLOCK_BYTES, readableHighWaterMark: BLOCK_BYTES });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (let taken = 0; taken < chunk.length; ) {
      const copied = chunk.copy(this.block, this.filled, taken);
      taken += copied;
      this.filled += copied;
      if (this.filled === BLOCK_BYTES) this.passOn();
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.filled > 0) this.push(this.block.subarray(0, this.filled));
    done();
  }

  private passOn(): void {
    this.push(this.block);
    this.block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.filled = 0;
  }
}
