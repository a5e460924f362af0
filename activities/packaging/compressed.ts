/** What goes into an archive compressed before its turn comes, so that the archive has only to take it. */
import { createHash, hash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, createDeflateRaw, deflateRaw } from 'node:zlib';
import type { ZipContent } from '../../platform/zip-format.ts';
import { RowSpool } from './row-spool.ts';

/**
 * Level 6 takes a tenth longer over the whole package and makes rows of text 3 % smaller. With zlib's own chunks of 16 KiB
 * the hand-overs of compressed data between its thread and ours cost as much as hashing.
 */
export const COMPRESSION = { level: 4, chunkSize: 128 * 1024 } as const;

/** Filled by few pieces, so that each dies young. */
const WAITING_CHUNK_BYTES = 64 * 1024;

/** Sizes and checksums of an entry's content. */
export interface Measured extends ZipContent {
  /** Of the content as it was, in lower-case hex. */
  readonly sha256: string;
}

export interface Compressed extends Measured {
  /** What stands in the archive. To be read once. */
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Measures a content that passes in pieces. */
export class Measure {
  private readonly hash = createHash('sha256');
  private checksum = 0;
  private bytes = 0;

  update(piece: Uint8Array): void {
    this.hash.update(piece);
    this.checksum = crc32(piece, this.checksum);
    this.bytes += piece.length;
  }

  /** Once, after the end. */
  result(storedBytes: number): Measured {
    return { crc32: this.checksum, bytes: this.bytes, storedBytes, sha256: this.hash.digest('hex') };
  }
}

const deflated = promisify(deflateRaw);

/** Without a stream: hundreds of small files would be as many streams to set up and take down. */
export function compress(bytes: Uint8Array): Promise<Compressed> {
  const compressed = compressWhole(bytes);
  // Whoever waits for it hears of its failure.
  compressed.catch(() => undefined);
  return compressed;
}

async function compressWhole(bytes: Uint8Array): Promise<Compressed> {
  // A chunk is allocated whole, and text comes to less than a third.
  const chunkSize = Math.min(COMPRESSION.chunkSize, Math.max(1_024, Math.ceil(bytes.length / 3)));
  const deflating = deflated(bytes, { ...COMPRESSION, chunkSize });
  const measured = { crc32: crc32(bytes), bytes: bytes.length, sha256: hash('sha256', bytes, 'hex') };
  const piece = await deflating;
  return { ...measured, storedBytes: piece.length, pieces: [piece] };
}

/** A file that is written while others are, and kept, compressed, until the archive takes it. */
export class WaitingFile {
  private readonly measure = new Measure();
  private readonly deflate = createDeflateRaw({ ...COMPRESSION, chunkSize: WAITING_CHUNK_BYTES });
  private readonly spool = new RowSpool();
  private readonly kept = this.keep();

  constructor() {
    // Whoever writes next, or ends it, hears of the failure.
    this.kept.catch(() => undefined);
  }

  /** Resolves when all of it is compressed, which another thread does. */
  write(bytes: Uint8Array): Promise<void> {
    this.measure.update(bytes);
    const written = new Promise<void>((resolve, reject) => {
      this.deflate.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    written.catch(() => undefined);
    return written;
  }

  /** No more will be written. */
  async end(): Promise<Compressed> {
    this.deflate.end();
    await this.kept;
    await this.spool.end();
    return { ...this.measure.result(this.spool.bytes), pieces: this.spool.replay() };
  }

  /** To be called however the work has ended. */
  async release(): Promise<void> {
    this.deflate.destroy();
    await this.kept.catch(() => undefined);
    await this.spool.release();
  }

  private async keep(): Promise<void> {
    const pieces: AsyncIterable<Buffer> = this.deflate;
    for await (const piece of pieces) await this.spool.write(piece);
  }
}
