/** Reads the manifest out of a stored package, without unpacking anything else of it. */
import { buffer } from 'node:stream/consumers';
import { Conflict, PackageBroken } from '../domain/errors.ts';
import { MANIFEST_FILE } from '../domain/manifest.ts';
import type { Manifest } from '../domain/manifest.ts';
import { parseManifest } from './manifest-format.ts';
import { openSealedZip } from './sealed-object.ts';
import type { SealedObject } from './sealed-object.ts';

/** About 200 bytes a file, so 300,000 of them: what an API process may hold for one answer. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * Throws PackageBroken when there is none that can be read, Conflict when it is too large to be listed, and what
 * `openSealedZip` throws.
 */
export async function readStoredManifest(object: SealedObject): Promise<Manifest> {
  const zip = await openSealedZip(object, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== MANIFEST_FILE) continue;
      if (entry.uncompressedSize > MAX_BYTES)
        throw new Conflict('The package has too many files to list; download it to look at it.');
      const manifest = parseManifest(await buffer(await zip.openReadStreamPromise(entry)));
      if (manifest) return manifest;
    }
    throw new PackageBroken('The package has no manifest that can be read.');
  } finally {
    zip.close();
  }
}
