import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { StoredObject } from './storage.ts';

/**
 * Counts and hashes a stream on its way into storage, and remembers what the stream itself failed with: a failure of the
 * source is not one of the storage, and once both ends are torn down they look alike.
 */
export class Meter {
  private readonly hash = createHash('sha256');
  private bytes = 0;
  private failure: unknown;

  async *read(content: Readable): AsyncGenerator<Uint8Array> {
    try {
      const chunks: AsyncIterable<Uint8Array> = content.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) {
        this.hash.update(chunk);
        this.bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Whether this is what the stream failed with. */
  blames(error: unknown): boolean {
    return error === this.failure;
  }

  /** Once, after the end. */
  result(): StoredObject {
    return { bytes: this.bytes, sha256: this.hash.digest('hex') };
  }
}

/** Ends a stream that is not read on, with the reason, so that whoever feeds it fails for that reason too. */
export function abandon(content: Readable, reason: unknown): void {
  content.once('error', () => undefined);
  content.destroy(reason instanceof Error ? reason : undefined);
}
