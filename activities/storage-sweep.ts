/** Removes from the object storage what a crash left there: unfinished uploads, and objects that no record names. */
import { metricMeter } from '@temporalio/activity';
import type { SweepResult } from '../domain/runs.ts';
import type { Database } from '../platform/database.ts';
import { STORED_PREFIXES, findOrphans } from '../platform/records/stored-objects.ts';
import type { ObjectEntry, ObjectStorage } from '../platform/storage/storage.ts';
import { currentControl } from './packaging/control.ts';

export interface StorageSweepDeps {
  readonly db: Database;
  readonly storage: ObjectStorage;
}

export type StorageSweepActivities = ReturnType<typeof createStorageSweepActivities>;

/**
 * No writer lives as long: activities of the queue steward-bulk end after 24 hours. An object's own time can be that of its
 * upload's beginning, as in S3.
 */
export const ABANDONED_AFTER_MS = 2 * 86_400_000;
const BATCH = 500;

export function createStorageSweepActivities({ db, storage }: StorageSweepDeps) {
  return {
    /** Throws Unavailable while the database or the storage is away; what was removed until then stays removed. */
    async sweepStorage(): Promise<SweepResult> {
      const uploads = metricMeter.createCounter('steward_swept_uploads', '', 'Unfinished uploads removed');
      const objects = metricMeter.createCounter('steward_swept_objects', '', 'Stored objects without a record removed');
      const control = currentControl();
      const result = { uploads: 0, objects: 0 };
      const stopBeating = control.beat(() => result);
      try {
        const before = new Date(Date.now() - ABANDONED_AFTER_MS);
        result.uploads = await storage.sweepUnfinished(before);
        uploads.add(result.uploads);
        for await (const key of findOrphanObjects({ db, storage }, before)) {
          control.signal.throwIfAborted();
          await storage.delete(key);
          result.objects += 1;
          objects.add(1);
        }
        return { ...result };
      } finally {
        stopBeating();
      }
    },
  };
}

/** Keys of what was stored before a time, and is no package, part of an export or attachment. */
export async function* findOrphanObjects({ db, storage }: StorageSweepDeps, before: Date): AsyncGenerator<string> {
  let batch: string[] = [];
  for await (const { key, modifiedAt } of listStored(storage)) {
    if (modifiedAt >= before) continue;
    batch.push(key);
    if (batch.length < BATCH) continue;
    yield* await findOrphans(db, batch);
    batch = [];
  }
  yield* await findOrphans(db, batch);
}

async function* listStored(storage: ObjectStorage): AsyncGenerator<ObjectEntry> {
  for (const prefix of STORED_PREFIXES) yield* storage.list(prefix);
}
