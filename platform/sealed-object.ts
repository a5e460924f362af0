/**
 * A sealed object read at any place, for archives, whose directory is at their end. Segments are fetched and opened one by
 * one; no plaintext is written anywhere.
 */
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { RandomAccessReader, fromRandomAccessReaderPromise } from 'yauzl';
import type { Options, ZipFile } from 'yauzl';
import { SealBroken, Unavailable } from '../domain/errors.ts';
import { TAG_BYTES } from './aead.ts';
import { HEADER_BYTES, SEGMENT_BYTES, SegmentCipher } from './sealed-stream.ts';
import type { ByteRange, ObjectStorage } from './storage/storage.ts';

/** An archive is read with small steps back and forth around one place. */
const SEGMENTS_KEPT = 2;

/** Where the object is, and what opens it. */
export interface SealedObject {
  readonly storage: ObjectStorage;
  readonly key: string;
  readonly dataKey: Buffer;
  readonly context: string;
  /** When aborted, nothing more is read. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a sealed zip in place. Throws SealBroken when the object does not open, ObjectMissing when there is none, and
 * yauzl's own errors when what opens is no zip.
 */
export async function openSealedZip(object: SealedObject, options: Options): Promise<ZipFile> {
  const segments = await openSegments(object);
  return fromRandomAccessReaderPromise(new SegmentReader(segments), segments.bytes, options);
}

async function openSegments(object: SealedObject): Promise<Segments> {
  const header = await fetchBytes(object, { start: 0, end: HEADER_BYTES });
  const facts = await object.storage.head(object.key);
  if (header[0] !== HEADER_BYTES || header.length !== HEADER_BYTES || !facts) {
    throw new SealBroken('A sealed object has no header that is ours.');
  }
  return new Segments(object, header, facts.bytes);
}

async function fetchBytes({ storage, key, signal }: SealedObject, range: ByteRange): Promise<Buffer> {
  signal?.throwIfAborted();
  const { stream } = await storage.get(key, range);
  return buffer(stream).catch(() => {
    throw new Unavailable('The object storage broke off.', { service: 'storage' });
  });
}

class Segments {
  /** Of the plaintext. */
  readonly bytes: number;
  private readonly object: SealedObject;
  private readonly cipher: SegmentCipher;
  private readonly sealedBytes: number;
  private readonly count: number;
  private readonly kept = new Map<number, Promise<Buffer>>();

  constructor(object: SealedObject, header: Buffer, sealedBytes: number) {
    this.object = object;
    this.cipher = new SegmentCipher(object.dataKey, object.context, header);
    this.sealedBytes = sealedBytes;
    this.count = Math.ceil(sealedBytes / SEGMENT_BYTES);
    this.bytes = sealedBytes - HEADER_BYTES - this.count * TAG_BYTES;
  }

  /** The plaintext from `start` up to, not including, `end`. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const { number, offset } = locate(at);
      const piece = (await this.open(number)).subarray(offset, offset + end - at);
      if (piece.length === 0) throw new SealBroken('A sealed object was read beyond its end.');
      yield piece;
      at += piece.length;
    }
  }

  private open(number: number): Promise<Buffer> {
    const opened = this.kept.get(number) ?? this.fetch(number);
    this.kept.delete(number);
    this.kept.set(number, opened);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= SEGMENTS_KEPT) break;
      this.kept.delete(oldest);
    }
    return opened;
  }

  private async fetch(number: number): Promise<Buffer> {
    const start = number === 0 ? HEADER_BYTES : number * SEGMENT_BYTES;
    const end = Math.min((number + 1) * SEGMENT_BYTES, this.sealedBytes);
    const segment = await fetchBytes(this.object, { start, end });
    return Buffer.concat(this.cipher.open(segment, number, number === this.count - 1));
  }
}

/** In which segment a byte of the plaintext is, and where in it. */
function locate(at: number): { number: number; offset: number } {
  const first = SEGMENT_BYTES - HEADER_BYTES - TAG_BYTES;
  if (at < first) return { number: 0, offset: at };
  const others = SEGMENT_BYTES - TAG_BYTES;
  return { number: 1 + Math.floor((at - first) / others), offset: (at - first) % others };
}

class SegmentReader extends RandomAccessReader {
  private readonly segments: Segments;

  constructor(segments: Segments) {
    super();
    this.segments = segments;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.segments.read(start, end), { objectMode: false });
  }
}
