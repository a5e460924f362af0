import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../activities/packaging/build-package.ts';
import { ABANDONED_AFTER_MS, findOrphanObjects } from '../../activities/storage-sweep.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { collect } from '../support/collect.ts';
import { NOBODY, openPackagingFixture, quietControl } from './packaging/packaging-fixture.ts';
import type { PackagingFixture } from './packaging/packaging-fixture.ts';

let fixture: PackagingFixture;
let ref: RequestRef;
let stored: string;

beforeAll(async () => {
  fixture = await openPackagingFixture();
  ref = await fixture.fileRequest(NOBODY);
  await buildPackage(fixture.deps, ref, quietControl());
  const { rows } = await fixture.own.pool.query<{ storage_key: string }>('SELECT storage_key FROM steward.packages');
  stored = rows[0]?.storage_key ?? '';
});
afterAll(() => fixture.close());

const put = (key: string) => fixture.deps.storage.put(key, Readable.from([Buffer.from('x')]));
const orphans = (before: Date) => collect(findOrphanObjects(fixture.deps, before));
const later = () => new Date(Date.now() + 60_000);

describe('an object that was stored as a package', () => {
  it('is an orphan when no package names it: a crash came between the upload and the commit', async () => {
    const key = `packages/${ref.workspaceId}/${ref.requestId}/${randomUUID()}`;
    await put(key);
    expect(await orphans(later())).toEqual([key]);
    await fixture.deps.storage.delete(key);
  });

  it('is none while a writer may still be about to commit', async () => {
    const key = `packages/${ref.workspaceId}/${ref.requestId}/${randomUUID()}`;
    await put(key);
    expect(await orphans(new Date(Date.now() - ABANDONED_AFTER_MS))).toEqual([]);
    await fixture.deps.storage.delete(key);
  });

  it('is none when its package is ready or expired, and one when its package is said to be deleted', async () => {
    const setStatus = (status: string) => fixture.own.pool.query('UPDATE steward.packages SET status = $1', [status]);
    expect(await orphans(later())).toEqual([]);
    await setStatus('expired');
    expect(await orphans(later())).toEqual([]);
    await setStatus('deleted');
    expect(await orphans(later())).toEqual([stored]);
    await setStatus('ready');
  });

  it('is left alone when it belongs to no request of ours, or is of another form', async () => {
    const keys = [
      `packages/${ref.workspaceId}/${randomUUID()}/${randomUUID()}`,
      `packages/${randomUUID()}/${ref.requestId}/${randomUUID()}`,
      `packages/${ref.workspaceId}/${ref.requestId}/deeper/${randomUUID()}`,
      `packages/${'-'.repeat(36)}/${'-'.repeat(36)}/object`,
      'packages/readme.txt',
      'journal/1',
    ];
    await Promise.all(keys.map(put));
    expect(await orphans(later())).toEqual([]);
  });

  it('is looked up in batches', async () => {
    const keys = Array.from({ length: 1_100 }, () => `packages/${ref.workspaceId}/${ref.requestId}/${randomUUID()}`);
    for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map(put));
    expect((await orphans(later())).toSorted()).toEqual(keys.toSorted());
  });
});
