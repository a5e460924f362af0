import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../activities/packaging/build-package.ts';
import { ABANDONED_AFTER_MS, findOrphanObjects } from '../../activities/storage-sweep.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { collect } from '../support/collect.ts';
import { insertExport, insertLoneRow } from '../support/lone-row.ts';
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

describe('an object that was stored as a part of an export', () => {
  it('is an orphan when neither a part nor a package names it', async () => {
    const [exportId, now] = [randomUUID(), new Date()];
    const folder = `exports/${ref.workspaceId}/${exportId}/`;
    const [named, lost, manifest] = [`${folder}crm/1/1-a`, `${folder}crm/1/1-b`, `${folder}manifest-a`];
    await Promise.all([named, lost, manifest].map(put));
    expect(await orphans(later())).toEqual([]);
    const owner = { workspace_id: ref.workspaceId, export_id: exportId };
    await insertExport(fixture.own.pool, ref.workspaceId, exportId);
    await insertLoneRow(fixture.own.pool, 'export_parts', {
      ...owner,
      source: 'crm',
      generation: 1,
      ordinal: 1,
      kind: 'rows',
      contents: {},
      planned_rows: 1,
      state: 'stored',
      package_id: randomUUID(),
      storage_key: named,
      bytes: 1,
      sha256: '\\x00',
      rows: 1,
      files: 0,
      missing_files: 0,
      stored_at: now,
    });
    expect((await orphans(later())).toSorted()).toEqual([lost, manifest]);
    await Promise.all([named, lost, manifest].map((key) => fixture.deps.storage.delete(key)));
  });
});

describe('an object that was attached to a request', () => {
  it('is an orphan when no attachment names it, or one that was removed', async () => {
    const keys = ['a', 'b', 'c'].map((name) => `attachments/${ref.workspaceId}/${ref.requestId}/${name}`);
    const [kept, removed, lost] = keys;
    await Promise.all(keys.map(put));
    const attachment = {
      workspace_id: ref.workspaceId,
      request_id: ref.requestId,
      task_id: randomUUID(),
      sealed_name: '\\x00',
      media_type: 'text/plain',
      bytes: 1,
      sha256: '\\x00',
      created_by: randomUUID(),
      created_at: new Date(),
    };
    await insertLoneRow(fixture.own.pool, 'attachments', { ...attachment, id: randomUUID(), storage_key: kept });
    await insertLoneRow(fixture.own.pool, 'attachments', {
      ...attachment,
      id: randomUUID(),
      storage_key: removed,
      removed_at: new Date(),
    });
    expect(await orphans(later())).toEqual([removed, lost]);
    await Promise.all(keys.map((key) => fixture.deps.storage.delete(key)));
  });
});

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
      `elsewhere/${ref.workspaceId}/${ref.requestId}/${randomUUID()}`,
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
