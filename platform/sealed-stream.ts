/**
 * Encryption of streams at rest: Tink's streaming AEAD with the parameters AES256_GCM_HKDF_1MB
 * (https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming), so that any Tink opens what Steward has sealed.
 *
 *     sealed  = header, segment 0, segment 1, … segment n
 *     header  = byte 40 (its own length), salt (32 bytes), nonce prefix (7 bytes); salt and prefix are random
 *     segment = ciphertext, tag (16 bytes): AES-256-GCM without additional data
 *     key     = HKDF-SHA-256(input: data key, salt: salt, info: context in UTF-8), 32 bytes
 *     nonce   = nonce prefix, number of the segment (4 bytes, big-endian, from 0), 1 for the last segment and 0 for others
 *
 * Header and segment 0 together take 2^20 bytes, every other segment 2^20, the last one what is left. An empty stream has
 * one segment, which is a tag alone.
 *
 * Segments that were altered, removed, moved or added fail to open, and no byte is released before its segment has been
 * verified. A stream that was cut off between segments shows it at its end, so what came out is whole only then.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { SealBroken } from '../domain/errors.ts';
import { TAG_BYTES } from './aead.ts';

const SALT_BYTES = 32;
const PREFIX_BYTES = 7;
export const HEADER_BYTES = 1 + SALT_BYTES + PREFIX_BYTES;
export const SEGMENT_BYTES = 2 ** 20;

/** Seals what is written to it. `dataKey` has 32 bytes; `context` has to be named again to open. */
export function sealStream(dataKey: Buffer, context: string): Transform {
  const header = Buffer.concat([Buffer.of(HEADER_BYTES), randomBytes(SALT_BYTES + PREFIX_BYTES)]);
  const segments = new SegmentCipher(dataKey, context, header);
  return new Pieces(
    (index) => SEGMENT_BYTES - TAG_BYTES - (index === 0 ? HEADER_BYTES : 0),
    (piece, index, isLast) => [...(index === 0 ? [header] : []), ...segments.seal(piece, index, isLast)],
  );
}

/** Opens what `sealStream` sealed. Fails with SealBroken on any difference, in the data, the key or the context. */
export function openStream(dataKey: Buffer, context: string): Transform {
  let segments: SegmentCipher | undefined;
  return new Pieces(
    (index) => (index === 0 ? HEADER_BYTES : SEGMENT_BYTES - (index === 1 ? HEADER_BYTES : 0)),
    (piece, index, isLast) => {
      if (segments) return segments.open(piece, index - 1, isLast);
      if (isLast || piece[0] !== HEADER_BYTES) throw new SealBroken('A sealed stream has no header that is ours.');
      segments = new SegmentCipher(dataKey, context, piece);
      return [];
    },
  );
}

export class SegmentCipher {
  private readonly key: Buffer;
  private readonly prefix: Buffer;

  constructor(dataKey: Buffer, context: string, header: Buffer) {
    const salt = header.subarray(1, 1 + SALT_BYTES);
    this.key = Buffer.from(hkdfSync('sha256', dataKey, salt, context, 32));
    this.prefix = Buffer.from(header.subarray(1 + SALT_BYTES));
  }

  seal(plaintext: Buffer, number: number, isLast: boolean): Buffer[] {
    const cipher = createCipheriv('aes-256-gcm', this.key, this.nonce(number, isLast), { authTagLength: TAG_BYTES });
    return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  }

  open(segment: Buffer, number: number, isLast: boolean): Buffer[] {
    if (segment.length < TAG_BYTES) throw new SealBroken('A sealed stream was cut off.');
    const nonce = this.nonce(number, isLast);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(segment.subarray(-TAG_BYTES));
    const plaintext = decipher.update(segment.subarray(0, -TAG_BYTES));
    try {
      return [plaintext, decipher.final()];
    } catch {
      throw new SealBroken(`Segment ${number} of a sealed stream does not open: altered, cut off, or another key.`);
    }
  }

  private nonce(number: number, isLast: boolean): Buffer {
    const nonce = Buffer.alloc(PREFIX_BYTES + 5);
    this.prefix.copy(nonce);
    nonce.writeUInt32BE(number, PREFIX_BYTES);
    nonce.writeUInt8(isLast ? 1 : 0, PREFIX_BYTES + 4);
    return nonce;
  }
}

type Convert = (piece: Buffer, index: number, isLast: boolean) => readonly Buffer[];

/**
 * Cuts a stream into pieces of given sizes and converts each, in the memory of one piece. A full piece waits until it is
 * known whether anything follows, for only the last one is converted as the last.
 */
class Pieces extends Transform {
  private readonly sizeOf: (index: number) => number;
  private readonly convert: Convert;
  private readonly piece = Buffer.allocUnsafe(SEGMENT_BYTES);
  private filled = 0;
  private index = 0;

  constructor(sizeOf: (index: number) => number, convert: Convert) {
    super();
    this.sizeOf = sizeOf;
    this.convert = convert;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    settle(done, () => {
      for (let taken = 0; taken < chunk.length; ) {
        const size = this.sizeOf(this.index);
        if (this.filled === size) this.cut(false);
        else {
          const copied = chunk.copy(this.piece, this.filled, taken, taken + size - this.filled);
          this.filled += copied;
          taken += copied;
        }
      }
    });
  }

  override _flush(done: TransformCallback): void {
    settle(done, () => this.cut(true));
  }

  private cut(isLast: boolean): void {
    const converted = this.convert(this.piece.subarray(0, this.filled), this.index, isLast);
    for (const bytes of converted) if (bytes.length > 0) this.push(bytes);
    this.filled = 0;
    this.index += 1;
  }
}

function settle(done: TransformCallback, work: () => void): void {
  try {
    work();
  } catch (error) {
    return done(error instanceof Error ? error : new Error(String(error)));
  }
  done();
}
