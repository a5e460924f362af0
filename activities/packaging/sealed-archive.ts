/** An archive as it is stored: sealed in one stream from its entries to the object storage, and read back from there. */
import { pipeline } from 'node:stream/promises';
import { packageContext } from '../../domain/contexts.ts';
import { StewardError, Unavailable } from '../../domain/errors.ts';
import { openStream, sealStream } from '../../platform/sealed-stream.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { ArchiveWriter } from './archive-writer.ts';
import type { Control } from './control.ts';
import { DigestStream } from '../../platform/digest-stream.ts';

/** Where it is stored, and under which key and package it is sealed. */
export interface ArchivePlace {
  readonly storage: ObjectStorage;
  readonly storageKey: string;
  readonly packageId: string;
  /** 32 bytes. */
  readonly dataKey: Buffer;
}

/** Of the archive itself, unsealed. */
export interface ArchiveDigest {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

interface Filling<T> {
  /** The time of its entries. */
  readonly createdAt: Date;
  readonly control: Control;
  /** What a heartbeat says, given the archive's bytes so far. */
  readonly report: (bytes: number) => unknown;
  readonly fill: (archive: ArchiveWriter) => Promise<T>;
}

/** Answers what `fill` did. An abort of the control's signal stops it at once; nothing is stored of what has failed. */
export async function storeArchive<T>(
  { storage, storageKey, packageId, dataKey }: ArchivePlace,
  filling: Filling<T>,
): Promise<{ readonly content: T; readonly archive: ArchiveDigest }> {
  const archive = new ArchiveWriter(filling.createdAt);
  const digest = new DigestStream();
  const sealed = sealStream(dataKey, packageContext(packageId));
  const stored = storage.put(storageKey, sealed);
  const streamed = pipeline(archive.output, digest, sealed);
  const filled = fillWatched(archive, filling);
  const outcomes = await Promise.allSettled([filled, stored, streamed]);
  filling.control.signal.throwIfAborted();
  throwCause(outcomes);
  return { content: await filled, archive: digest.result() };
}

async function fillWatched<T>(archive: ArchiveWriter, { control, report, fill }: Filling<T>): Promise<T> {
  const stopBeating = control.beat(() => report(archive.bytes));
  const abandon = (): void => archive.abort(control.signal.reason);
  control.signal.addEventListener('abort', abandon);
  try {
    control.signal.throwIfAborted();
    return await fill(archive);
  } catch (error) {
    archive.abort(error);
    throw error;
  } finally {
    control.signal.removeEventListener('abort', abandon);
    stopBeating();
  }
}

/** One failure tears the whole stream down, and the other ends fail of it; the typed error is the one that was first. */
function throwCause(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const reasons = outcomes.flatMap((outcome): unknown[] => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 0) throw reasons.find((reason) => reason instanceof StewardError) ?? reasons[0];
}

/** Reads all that is stored. Throws SealBroken when it does not open, ObjectMissing, and Unavailable. */
export async function digestStored(place: ArchivePlace, signal: AbortSignal): Promise<ArchiveDigest> {
  const digest = new DigestStream();
  const { stream } = await place.storage.get(place.storageKey);
  const opened = openStream(place.dataKey, packageContext(place.packageId));
  try {
    await pipeline(stream, opened, digest, discard, { signal });
  } catch (error) {
    throw error === stream.errored ? new Unavailable('The object storage broke off.', { service: 'storage' }) : error;
  }
  return digest.result();
}

async function discard(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) void chunk;
}
