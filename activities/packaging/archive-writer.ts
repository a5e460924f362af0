/**
 * Writes a zip entry by entry into one stream. Each entry's size and digests are taken as it passes, so nothing is held
 * and nothing is read twice; the reader's pace is kept from the object storage back to the database.
 */
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createDeflateRaw } from 'node:zlib';
import type { ManifestFile } from '../../domain/manifest.ts';
import { descriptor, directoryRecord, endOfDirectory, localHeader } from '../../platform/zip-format.ts';
import type { ZipEntry } from '../../platform/zip-format.ts';
import { COMPRESSION, Measure, compress } from './compressed.ts';
import type { Compressed, Measured } from './compressed.ts';

type Streamed = Readable | AsyncIterable<Uint8Array> | Iterable<string>;
export type Content = Streamed | string | Uint8Array | Compressed;

/** What waits for the reader at most, so that the hand-overs are few. */
const OUTPUT_BYTES = 2 ** 19;

interface EntryOptions {
  /** True for a stream of what is compressed already: photos, films, PDF files. */
  readonly store?: boolean;
}

/** One entry at a time. */
export class ArchiveWriter {
  /** The archive's bytes. Fails when an entry's content fails. */
  readonly output: Readable;
  private readonly input = new PassThrough({ highWaterMark: OUTPUT_BYTES });
  private readonly date: Date;
  private readonly written: ManifestFile[] = [];
  private readonly directory: Buffer[] = [];
  private offset = 0;
  /** Aborted when the output is closed. */
  private readonly over = new AbortController();

  /** `date` is the time that every entry bears. */
  constructor(date: Date) {
    this.output = this.input;
    this.date = date;
    // Whoever reads the output hears of it; so does whoever writes next.
    this.input.on('error', () => undefined);
    this.input.once('close', () =>
      this.over.abort(this.input.errored ?? new Error('The archive was closed before its end.')),
    );
  }

  /** Every entry so far, in the order written. */
  get files(): readonly ManifestFile[] {
    return this.written;
  }

  /** How large the archive has become. */
  get bytes(): number {
    return this.offset;
  }

  /** Writes one entry and answers what it came to. When it fails, the whole archive has failed. */
  async add(path: string, content: Content, { store = false }: EntryOptions = {}): Promise<ManifestFile> {
    this.over.signal.throwIfAborted();
    try {
      const { bytes, sha256 } = isStreamed(content)
        ? await this.addStream(path, content, store)
        : await this.addCompressed(path, isCompressed(content) ? content : await compress(toBuffer(content)));
      const file = { path, bytes, sha256 };
      this.written.push(file);
      return file;
    } catch (error) {
      this.abort(error);
      throw error;
    }
  }

  private async addCompressed(path: string, content: Compressed): Promise<Measured> {
    const entry = this.entry(path, true);
    await this.put(localHeader(entry, content));
    for await (const piece of content.pieces) await this.put(piece);
    this.directory.push(directoryRecord(entry, content, false));
    return content;
  }

  private async addStream(path: string, content: Streamed, isStored: boolean): Promise<Measured> {
    const entry = this.entry(path, !isStored);
    await this.put(localHeader(entry, undefined));
    const begun = this.offset;
    const measure = new Measure();
    const measured = async function* (pieces: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        measure.update(bytes);
        yield bytes;
      }
    };
    const put = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const piece of pieces) await this.put(piece);
    };
    const [source, { signal }] = [content instanceof Readable ? content : Readable.from(content), this.over];
    await (isStored
      ? pipeline(source, measured, put, { signal })
      : pipeline(source, measured, createDeflateRaw(COMPRESSION), put, { signal }));
    const result = measure.result(this.offset - begun);
    await this.put(descriptor(result));
    this.directory.push(directoryRecord(entry, result, true));
    return result;
  }

  private entry(path: string, isDeflated: boolean): ZipEntry {
    return { path, date: this.date, isDeflated, offset: this.offset };
  }

  /** Resolves when there is room for more. */
  private async put(bytes: Uint8Array): Promise<void> {
    const { signal } = this.over;
    signal.throwIfAborted();
    this.offset += bytes.length;
    if (!this.input.write(bytes)) await once(this.input, 'drain', { signal });
  }

  /** Writes the directory of the archive, after which its output ends. */
  async finish(): Promise<void> {
    const begun = this.offset;
    for (const each of this.directory) await this.put(each);
    await this.put(endOfDirectory(this.directory.length, this.offset - begun, begun));
    this.input.end();
  }

  /** Ends the output with an error, so that what reads it keeps nothing. */
  abort(reason: unknown): void {
    this.input.destroy(reason instanceof Error ? reason : new Error('The archive was abandoned.'));
  }
}

const isCompressed = (content: object | string): content is Compressed =>
  typeof content === 'object' && 'pieces' in content;

const isStreamed = (content: Content): content is Streamed =>
  typeof content !== 'string' && !(content instanceof Uint8Array) && !isCompressed(content);

const toBuffer = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content) : content;
