/**
 * What is made of rows while an archive takes another file: it takes one after the other, and asking the source for the same
 * rows again costs more than anything else here.
 *
 * Little stays in memory. More goes to a temporary file that has no name any more, sealed with a key that only this process
 * has: nothing of it can be read by anybody else, or by anybody after the process has ended.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '../../domain/errors.ts';
import { TAG_BYTES } from '../../platform/aead.ts';
import { HEADER_BYTES, SegmentCipher } from '../../platform/sealed-stream.ts';

/** Of each of the spools that there are at a time. */
const MEMORY_BYTES = 2 * 2 ** 20;
/** Of what is sealed at once. Memory outside of V8's heap is collected the sooner the smaller its pieces are. */
const SEGMENT_BYTES = 2 ** 15;
const CONTEXT = 'rows on their way into a package';

/** Takes in what is written to it, one piece after the other, and gives it as often as it is asked, once all has been written. */
export class RowSpool {
  private readonly memoryBytes: number;
  private kept: Uint8Array[] = [];
  private written = 0;
  private file: SealedFile | undefined;

  constructor(memoryBytes = MEMORY_BYTES) {
    this.memoryBytes = memoryBytes;
  }

  /** That were written. */
  get bytes(): number {
    return this.written;
  }

  /** Throws Unavailable when there is no room on the disk. */
  async write(piece: Uint8Array): Promise<void> {
    this.written += piece.length;
    this.kept.push(piece);
    if (this.file !== undefined || this.written > this.memoryBytes) await orNoRoom(this.spill());
  }

  /** To be called before it is read. */
  async end(): Promise<void> {
    if (this.file !== undefined) await orNoRoom(this.file.end());
  }

  /** Everything that was written, from the beginning. */
  replay(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    return this.file?.read() ?? this.kept;
  }

  /** Lets go of it all; to be called however the work has ended. */
  async release(): Promise<void> {
    this.kept = [];
    await this.file?.close();
  }

  private async spill(): Promise<void> {
    this.file ??= await SealedFile.create();
    for (const piece of this.kept.splice(0)) await this.file.write(piece);
  }
}

/** A temporary file without a name, sealed in segments. */
class SealedFile {
  private readonly handle: FileHandle;
  private readonly cipher = new SegmentCipher(randomBytes(32), CONTEXT, randomBytes(HEADER_BYTES));
  private readonly segment = Buffer.allocUnsafeSlow(SEGMENT_BYTES);
  private filled = 0;
  private segments = 0;

  private constructor(handle: FileHandle) {
    this.handle = handle;
  }

  static async create(): Promise<SealedFile> {
    const path = join(tmpdir(), `steward-rows-${process.pid}-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new SealedFile(handle);
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let taken = 0; taken < piece.length; ) {
      if (this.filled === SEGMENT_BYTES) await this.seal(false);
      const part = piece.subarray(taken, taken + SEGMENT_BYTES - this.filled);
      this.segment.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
    }
  }

  end(): Promise<void> {
    return this.seal(true);
  }

  async *read(): AsyncGenerator<Uint8Array> {
    const sealed = Buffer.allocUnsafeSlow(SEGMENT_BYTES + TAG_BYTES);
    for (let number = 0; number < this.segments; number += 1) {
      const { bytesRead } = await this.handle.read(sealed, 0, sealed.length, number * sealed.length);
      yield* this.cipher.open(sealed.subarray(0, bytesRead), number, number === this.segments - 1);
    }
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private async seal(isLast: boolean): Promise<void> {
    const sealed = this.cipher.seal(this.segment.subarray(0, this.filled), this.segments, isLast);
    for (const bytes of sealed) await this.handle.writeFile(bytes);
    this.segments += 1;
    this.filled = 0;
  }
}

/** The words of the file system name a path. */
async function orNoRoom(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Unavailable(`The worker cannot write its temporary file: ${code}.`, { service: 'storage' });
  }
}
