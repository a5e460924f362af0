/** Text from a database that keeps bytes without knowing what they are (encoding SQL_ASCII), made into UTF-8. */
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';

/** The same bytes where they are UTF-8; what is not shows as U+FFFD, for a file of JSON must be UTF-8 (RFC 8259, 8.1). */
export function asUtf8(bytes: Readable): Readable {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const mended = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(decoder.decode(chunk, { stream: true }))),
    flush: (done) => done(null, Buffer.from(decoder.decode())),
  });
  pipeline(bytes, mended, () => undefined);
  return mended;
}
