/** A file on its way in: its size, its beginning and, for text, every byte are looked at while it flows through. */
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { TextDecoder } from 'node:util';
import { BEGINNING_BYTES, beginsAs, isText } from '../domain/attachments.ts';
import { BodyTooLarge, InvalidInput, UnsupportedFile } from '../domain/errors.ts';

/**
 * Passes a file on as long as it is of its declared kind and at most `maxBytes` long. Fails with InvalidInput for an empty
 * one, BodyTooLarge, or UnsupportedFile.
 */
export class CheckedUpload extends Transform {
  private readonly mediaType: string;
  private readonly maxBytes: number;
  private readonly text: TextDecoder | undefined;
  private beginning: Buffer | undefined = Buffer.alloc(0);
  private bytes = 0;

  constructor(mediaType: string, maxBytes: number) {
    super();
    this.mediaType = mediaType;
    this.maxBytes = maxBytes;
    this.text = isText(mediaType) ? new TextDecoder('utf-8', { fatal: true }) : undefined;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.settle(done, () => {
      this.bytes += chunk.length;
      if (this.bytes > this.maxBytes) throw new BodyTooLarge(`A file may have ${this.maxBytes} bytes.`);
      this.checkText(chunk, true);
      if (!this.beginning) return void this.push(chunk);
      this.beginning = Buffer.concat([this.beginning, chunk]);
      if (this.beginning.length >= BEGINNING_BYTES) this.passBeginning(this.beginning);
    });
  }

  override _flush(done: TransformCallback): void {
    this.settle(done, () => {
      if (this.bytes === 0) throw new InvalidInput('The file is empty.');
      this.checkText(Buffer.alloc(0), false);
      if (this.beginning) this.passBeginning(this.beginning);
    });
  }

  private passBeginning(beginning: Buffer): void {
    if (!beginsAs(this.mediaType, beginning)) throw this.refusal();
    this.beginning = undefined;
    this.push(beginning);
  }

  /** Text is UTF-8 without NUL; what is not cannot be trusted to be text at all. */
  private checkText(chunk: Buffer, stream: boolean): void {
    if (!this.text) return;
    if (chunk.includes(0)) throw this.refusal();
    try {
      this.text.decode(chunk, { stream });
    } catch {
      throw this.refusal();
    }
  }

  private refusal(): Error {
    return new UnsupportedFile(`The file is not what its Content-Type says: ${this.mediaType}.`);
  }

  private settle(done: TransformCallback, work: () => void): void {
    try {
      work();
    } catch (error) {
      return done(error instanceof Error ? error : new Error(String(error)));
    }
    done();
  }
}
