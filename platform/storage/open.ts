import type { StorageSettings } from '../config.ts';
import { openFolder } from './folder.ts';
import { openBucket } from './s3.ts';
import type { ObjectStorage } from './storage.ts';

/** The storage that the settings name; also for a source that keeps its files in a folder or a bucket. Opens no connection. */
export function openStorage(settings: StorageSettings): ObjectStorage {
  return settings.kind === 'folder' ? openFolder(settings.path) : openBucket(settings);
}
