/** A stored package's entries as files, for a zip of the same bytes. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { packageContext } from '../../domain/contexts.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openDatabase } from '../../platform/database.ts';
import { ZIP_OPTIONS } from '../../platform/package-verification.ts';
import { openDataKey } from '../../platform/records/data-keys.ts';
import { openSealedZip } from '../../platform/sealed-object.ts';
import { openFolder } from '../../platform/storage/folder.ts';
import type { Site } from '../support/site.ts';
import type { ZipInput } from './reference-child.ts';

/** Writes them to `folder`, which exists, by number; answers them in the archive's order. */
export async function unpack({ home, databases }: Site, ref: RequestRef, folder: string): Promise<readonly ZipInput[]> {
  const db = openDatabase(databases.steward_worker, { maxConnections: 1 });
  const ring = await loadKeyRing(home.path('keys.json'));
  try {
    const stored = await db.withTenant(ref.workspaceId, async (trx) => {
      const row = await trx('packages')
        .where({ request_id: ref.requestId })
        .first<{ id: string; storage_key: string; data_key_id: string }>();
      return { ...row, dataKey: await openDataKey(trx, ring, ref.workspaceId, row.data_key_id) };
    });
    const zip = await openSealedZip(
      {
        storage: openFolder(home.path('storage')),
        key: stored.storage_key,
        dataKey: stored.dataKey,
        context: packageContext(stored.id),
        signal: new AbortController().signal,
      },
      ZIP_OPTIONS,
    );
    const files: ZipInput[] = [];
    for await (const entry of zip.eachEntry()) {
      const file = join(folder, String(files.length));
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file));
      files.push({ name: entry.fileNameRaw.toString('utf8'), file });
    }
    zip.close();
    return files;
  } finally {
    await db.close();
  }
}
