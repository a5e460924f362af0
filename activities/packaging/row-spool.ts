/**
 * What is made of rows while an archive takes another file: it takes one after the other, and asking the source for the same
 * rows again costs more than anything else here.
 *
 * Little stays in memory. More goes to a temporary file that has no name any more, sealed with a key that only this process
 * has: nothing of it can be read by anybody else, or by anybody after the process has ended.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable, pipeline } from 'node:stream';
import type { Transform } from 'node:stream';
import { pipeline as piped } from 'node:stream/promises';
import { Unavailable } from '../../domain/errors.ts';
import { openStream, sealStream } from '../../platform/sealed-stream.ts';

/** Of each of the spools that there are at a time. */
const MEMORY_BYTES = 2 * 2 ** 20;
const PIECE_BYTES = 2 ** 18;
const CONTEXT = 'rows on their way into a package';

type Done = (error?: Error | null) => void;

/** Takes in what is written to it, and gives it as often as it is asked, once all has been written. */
export class RowSpool extends Writable {
  private readonly key = randomBytes(32);
  private readonly memoryBytes: number;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private file: SealedFile | undefined;

  constructor(memoryBytes = MEMORY_BYTES) {
    super();
    this.memoryBytes = memoryBytes;
  }

  /** That were written. */
  get bytes(): number {
    return this.keptBytes;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.keptBytes += chunk.length;
    if (this.file === undefined && this.keptBytes <= this.memoryBytes) {
      this.kept.push(chunk);
      done();
      return;
    }
    void settle(this.spill(chunk), done);
  }

  override _final(done: Done): void {
    void settle(this.file?.end(), done);
  }

  /** Everything that was written, from the beginning. */
  replay(): Readable {
    return this.file?.read() ?? Readable.from(this.kept, { objectMode: false });
  }

  /** Lets go of the rows; to be called however the work has ended. */
  async release(): Promise<void> {
    this.kept = [];
    await this.file?.close();
  }

  private async spill(chunk: Buffer): Promise<void> {
    if (this.file === undefined) {
      this.file = await SealedFile.create(this.key);
      for (const earlier of this.kept) await this.file.write(earlier);
      this.kept = [];
    }
    await this.file.write(chunk);
  }
}

/** A temporary file without a name, sealed. */
class SealedFile {
  private readonly key: Buffer;
  private readonly handle: FileHandle;
  private readonly sealing: Transform;
  private readonly written: Promise<void>;

  private constructor(key: Buffer, handle: FileHandle) {
    this.key = key;
    this.handle = handle;
    this.sealing = sealStream(key, CONTEXT);
    this.written = piped(this.sealing, (pieces) => append(handle, pieces));
    // Whoever writes next, or ends it, hears of the failure.
    this.written.catch(() => undefined);
  }

  static async create(key: Buffer): Promise<SealedFile> {
    const path = join(tmpdir(), `steward-rows-${process.pid}-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return new SealedFile(key, handle);
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.sealing.destroyed) return this.written;
    if (!this.sealing.write(chunk)) await Promise.race([once(this.sealing, 'drain'), this.written]);
  }

  async end(): Promise<void> {
    this.sealing.end();
    await this.written;
  }

  read(): Readable {
    return pipeline(Readable.from(piecesOf(this.handle)), openStream(this.key, CONTEXT), () => undefined);
  }

  async close(): Promise<void> {
    this.sealing.destroy();
    await this.written.catch(() => undefined);
    await this.handle.close();
  }
}

// The streams of `node:fs` close the file when they are given up, and it is read again.

async function append(handle: FileHandle, pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of pieces) await handle.writeFile(piece);
}

async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function settle(work: Promise<void> | undefined, done: Done): Promise<void> {
  try {
    await work;
  } catch (error) {
    return done(noRoom(error));
  }
  done();
}

/** The words of the file system name a path. */
function noRoom(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new Unavailable(`The worker cannot write its temporary file: ${code}.`, { service: 'storage' });
}
