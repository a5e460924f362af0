/** An archive's entries by path, in the order written. */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

export async function openArchive(archive: Readable): Promise<Map<string, Buffer>> {
  const zip = await fromBufferPromise(await buffer(archive));
  const entries = new Map<string, Buffer>();
  for await (const entry of zip.eachEntry()) {
    entries.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return entries;
}
