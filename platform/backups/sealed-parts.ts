/**
 * The stored objects of a backup: compressed, then sealed with a key that is derived from the key ring, so that nothing which
 * a backup is read by lies in a database, and each object is bound to its backup and its name.
 */
import { hkdfSync } from 'node:crypto';
import { pipeline } from 'node:stream';
import { pipeline as finished } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { BackedUpObject } from '../../domain/backups.ts';
import { SealBroken } from '../../domain/errors.ts';
import { DigestStream } from '../digest-stream.ts';
import { requireKey } from '../keys.ts';
import type { KeyRing } from '../keys.ts';
import { openStream, sealStream } from '../sealed-stream.ts';
import type { ObjectStorage } from '../storage/storage.ts';

export interface BackupPlace {
  readonly storage: ObjectStorage;
  readonly ring: KeyRing;
  readonly backupId: string;
  /** The storage keys' beginning, without a slash at its end. */
  readonly prefix: string;
  /** Of the wrapping key. */
  readonly keyId: string;
}

/** Faster than the storage, and most of what a higher level would save. */
const LEVEL = 1;

export const prefixOf = (source: string | null, backupId: string): string =>
  source === null ? `backups/own/${backupId}` : `backups/sources/${source}/${backupId}`;

/** Fails with what the stream fails with. */
export async function storePart(place: BackupPlace, name: string, content: Readable): Promise<BackedUpObject> {
  const digest = new DigestStream();
  const sealed = sealStream(sealingKey(place), contextOf(place, name));
  const stored = place.storage.put(`${place.prefix}/${name}`, sealed);
  // Its failure reaches whoever stores: the stream that is stored is destroyed with it.
  pipeline(content, digest, createGzip({ level: LEVEL }), sealed, () => undefined);
  const { bytes } = await stored;
  return { name, ...digest.result(), storedBytes: bytes };
}

/** Writes a part where it belongs. Throws SealBroken when it does not open, or is not what the manifest says. */
export async function restorePart(place: BackupPlace, object: BackedUpObject, target: Writable): Promise<void> {
  const digest = new DigestStream();
  const { stream } = await place.storage.get(`${place.prefix}/${object.name}`);
  const opened = openStream(sealingKey(place), contextOf(place, object.name));
  await finished(stream, opened, createGunzip(), digest, target);
  const { bytes, sha256 } = digest.result();
  if (bytes !== object.bytes || sha256 !== object.sha256)
    throw new SealBroken(`The part ${object.name} of backup ${place.backupId} is not what its manifest says.`);
}

const contextOf = ({ backupId }: BackupPlace, name: string): string => `backup:${backupId}:${name}`;

function sealingKey({ ring, keyId, backupId }: BackupPlace): Buffer {
  const { bytes } = requireKey(ring, 'wrapping', keyId);
  return Buffer.from(hkdfSync('sha256', bytes, '', `backup:${backupId}`, 32));
}
