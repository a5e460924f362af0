/** Certificates as they lie in the object storage: their archive, sealed. */
import { Readable, pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { certificateContext } from '../domain/contexts.ts';
import { SealBroken } from '../domain/errors.ts';
import { unpackCertificate } from './certificate-verification.ts';
import type { CertificateFiles } from './certificate-verification.ts';
import { openStream, sealStream } from './sealed-stream.ts';
import type { ObjectStorage } from './storage/storage.ts';

export interface CertificatePlace {
  readonly storage: ObjectStorage;
  readonly storageKey: string;
  readonly certificateId: string;
  /** 32 bytes. */
  readonly dataKey: Buffer;
}

export async function storeCertificate(place: CertificatePlace, archive: Buffer): Promise<void> {
  const sealed = sealStream(place.dataKey, certificateContext(place.certificateId));
  await place.storage.put(place.storageKey, Readable.from([archive]).pipe(sealed));
}

/** Throws SealBroken when it does not open, ObjectMissing, and Unavailable. */
export async function readCertificate(
  place: CertificatePlace,
): Promise<{ readonly archive: Buffer; readonly files: CertificateFiles }> {
  const { stream } = await place.storage.get(place.storageKey);
  const opened = openStream(place.dataKey, certificateContext(place.certificateId));
  const archive = await buffer(pipeline(stream, opened, () => undefined));
  const files = await unpackCertificate(archive);
  if (!files) throw new SealBroken(`What is stored as the certificate ${place.certificateId} is none.`);
  return { archive, files };
}
