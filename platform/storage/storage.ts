/**
 * Object storage: where packages and journals lie, and where a source keeps its files and media. An object appears whole
 * or not at all.
 *
 * A key is relative and of `/`-separated segments, at most 1,024 bytes of UTF-8. What could climb out of a folder, or
 * means different things to different systems, is no key: see isObjectKey.
 */
import type { Readable } from 'node:stream';
import { InvalidInput } from '../../domain/errors.ts';

export interface ObjectStorage {
  /**
   * Stores a stream and answers what was stored. Rejects with the stream's own error when that fails; with InvalidInput
   * for what is no key, Conflict when the object must be absent and is not, Unavailable when the storage fails. Then the
   * stream is destroyed with the same error, so that whoever feeds it fails for the true reason.
   */
  put(key: string, content: Readable, options?: PutOptions): Promise<StoredObject>;
  /**
   * The object, or a part of it. Throws ObjectMissing when there is none, Unavailable when the storage fails. Consume or
   * destroy the stream.
   */
  get(key: string, range?: ByteRange): Promise<ObjectContent>;
  /** Undefined when there is none. */
  head(key: string): Promise<ObjectHead | undefined>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** How many versions there are of the object, of those too that a deletion has left; 0 when there never was one. */
  versions(key: string): Promise<number>;
  /** Deletes every version of the object, so that none comes back. Deleting what is not there is no error. */
  deleteVersions(key: string): Promise<void>;
  /** Every object whose key begins with the prefix, in the order of the keys' UTF-8 bytes. */
  list(prefix: string): AsyncIterable<ObjectEntry>;
  /**
   * Removes what writers that died have left of objects which never became whole, and answers how much of it there was.
   * Give a time before which no living writer can have begun. Throws Unavailable when the storage fails.
   */
  sweepUnfinished(begunBefore: Date): Promise<number>;
  /** Throws Unavailable when the storage does not answer or its folder or bucket is not there. */
  health(): Promise<void>;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Refuse to replace an object: the first one stays. */
  readonly ifAbsent?: boolean;
}

export interface StoredObject {
  readonly bytes: number;
  /** Lower-case hex, of what was stored. */
  readonly sha256: string;
}

/** From `start` up to, not including, `end`. What lies beyond the object's end is left out, which may leave nothing. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectContent {
  readonly stream: Readable;
  /** Of the stream. */
  readonly bytes: number;
}

export interface ObjectHead {
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface ObjectEntry extends ObjectHead {
  readonly key: string;
}

/** Names no key: a source's keys can hold names of persons. */
export class ObjectMissing extends Error {
  constructor() {
    super('There is no such object.');
    this.name = 'ObjectMissing';
  }
}

const MAX_KEY_BYTES = 1024;

export function isObjectKey(key: string): boolean {
  const segments = key.split('/');
  return (
    key.isWellFormed() &&
    Buffer.byteLength(key, 'utf8') <= MAX_KEY_BYTES &&
    !/[\\\0]/.test(key) &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}

export function requireObjectKey(key: string): void {
  if (!isObjectKey(key)) throw new InvalidInput('This cannot be the key of an object.');
}
