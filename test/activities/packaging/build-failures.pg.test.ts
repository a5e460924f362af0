import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../activities/packaging/build-package.ts';
import { verifyPackage } from '../../../activities/packaging/verify-package.ts';
import { Conflict, PackageBroken, SourceFailed, Unavailable } from '../../../domain/errors.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { moveRequest } from '../../../platform/records/request-progress.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { ADA, objectsOf, openPackagingFixture, quietControl } from './packaging-fixture.ts';
import type { PackagingFixture } from './packaging-fixture.ts';

let fixture: PackagingFixture;
beforeAll(async () => {
  fixture = await openPackagingFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.source.pool.query('TRUNCATE files; DELETE FROM notes WHERE id >= 1000'));

const build = (ref: RequestRef, control = quietControl()) => buildPackage(fixture.deps, ref, control);
const verify = (ref: RequestRef) => verifyPackage(fixture.deps, ref, quietControl());
const storedObjects = () => objectsOf(fixture);

async function addFile(id: number, object: string, title: string | null): Promise<void> {
  await fixture.source.pool.query('INSERT INTO files VALUES ($1, $2, 1, $3, $4)', [id, 'acme', object, title]);
}

describe('a package that cannot be built', () => {
  const addManyNotes = () =>
    fixture.source.pool.query(
      `INSERT INTO notes SELECT i, 'acme', 1, repeat(md5(i::text), 20), now() FROM generate_series(1000, 61000) i`,
    );

  it('because the request was cancelled meanwhile leaves nothing', async () => {
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const cancelled = { ...fixture.deps, storage: openFolder(fixture.storagePath) };
    const put = cancelled.storage.put.bind(cancelled.storage);
    cancelled.storage.put = async (key, content, options) => {
      const stored = await put(key, content, options);
      await fixture.deps.db.withTenant(ref.workspaceId, (trx) =>
        moveRequest(trx, ref, { to: 'cancelled', outcome: 'withdrawn' }),
      );
      return stored;
    };
    await expect(buildPackage(cancelled, ref, quietControl())).rejects.toThrow(Conflict);
    expect(await storedObjects()).toHaveLength(before);
  });

  it('because it was stopped ends the reading and leaves nothing', async () => {
    await addManyNotes();
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const stop = new AbortController();
    const reports: unknown[] = [];
    const control = {
      signal: stop.signal,
      beat: (report: () => unknown) => {
        const timer = setInterval(() => {
          const reported = report();
          if (JSON.stringify(reported).includes('notes')) {
            reports.push(reported);
            stop.abort(new Error('stopped'));
          }
        }, 20);
        return () => clearInterval(timer);
      },
    };
    await expect(build(ref, control)).rejects.toThrow('stopped');
    expect(reports[0]).toMatchObject({ rows: expect.any(Number), bytes: expect.any(Number), collection: 'crm.notes' });
    expect(await storedObjects()).toHaveLength(before);
    expect(await openConnections()).toBe(0);
  });

  /** Waits for the server to notice that its client is gone. */
  async function openConnections(): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      const { rowCount } = await fixture.source.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'steward' AND state <> 'idle'`,
      );
      if (rowCount === 0 || attempt === 50) return rowCount ?? 0;
      await delay(100);
    }
  }

  it('because a statement fails says which SQLSTATE and no value', async () => {
    await fixture.source.pool.query('ALTER TABLE notes RENAME COLUMN body TO content');
    const ref = await fixture.fileRequest(ADA);
    const failure = await build(ref).catch((error: unknown) => error);
    await fixture.source.pool.query('ALTER TABLE notes RENAME COLUMN content TO body');
    expect(failure).toBeInstanceOf(SourceFailed);
    expect(String(failure)).toContain('42703');
    expect(String(failure)).not.toContain('body');
  });

  it('because the source goes away in the middle is tried again later', async () => {
    await addManyNotes();
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const control = {
      ...quietControl(),
      beat: (report: () => unknown) => {
        const timer = setInterval(() => {
          if (!JSON.stringify(report()).includes('notes')) return;
          clearInterval(timer);
          fixture.source.pool
            .query(
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND application_name = 'steward'`,
            )
            .catch(() => undefined);
        }, 10);
        return () => clearInterval(timer);
      },
    };
    await expect(build(ref, control)).rejects.toThrow(Unavailable);
    expect(await storedObjects()).toHaveLength(before);
    await build(ref);
    await verify(ref);
  });

  it('because the files of a source break off is tried again later, and the source named', async () => {
    await fixture.putMedia('a/photo.jpg', 'a photo');
    await addFile(1, 'a/photo.jpg', null);
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const { sources } = fixture.deps;
    const breaking = {
      ...sources,
      objectStore: (name: string) => {
        const store = openFolder(join(fixture.storagePath, '..', 'media'));
        const get = store.get.bind(store);
        store.get = async (key) => {
          const content = await get(key);
          content.stream.destroy(new Error(`the connection of ${name} was reset`));
          return content;
        };
        return store;
      },
    };
    await expect(buildPackage({ ...fixture.deps, sources: breaking }, ref, quietControl())).rejects.toMatchObject({
      code: 'unavailable',
      extras: { service: 'source' },
    });
    expect(await storedObjects()).toHaveLength(before);
  });

  it('because the storage fails is tried again later', async () => {
    const ref = await fixture.fileRequest(ADA);
    const elsewhere = { ...fixture.deps, storage: openFolder(join(fixture.storagePath, 'not-mounted')) };
    await expect(buildPackage(elsewhere, ref, quietControl())).rejects.toMatchObject({
      code: 'unavailable',
      extras: { service: 'storage' },
    });
  });
});

describe('a stored package', () => {
  async function damage(ref: RequestRef, change: (bytes: Buffer) => Buffer): Promise<void> {
    const [file = ''] = (await storedObjects()).filter((path) => path.includes(ref.requestId));
    await writeFile(file, change(await readFile(file)));
  }

  it('that was altered or cut off on the storage does not verify', async () => {
    const changes: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => Buffer.concat([bytes.subarray(0, 100), Buffer.of((bytes[100] ?? 0) ^ 1), bytes.subarray(101)]),
      (bytes) => bytes.subarray(0, bytes.length - 1),
      () => Buffer.alloc(0),
    ];
    for (const change of changes) {
      const ref = await fixture.fileRequest(ADA);
      await build(ref);
      await damage(ref, change);
      await expect(verify(ref)).rejects.toThrow(PackageBroken);
    }
  });

  it('that is gone, or another than was recorded, does not verify', async () => {
    const [ref, other] = [await fixture.fileRequest(ADA), await fixture.fileRequest(ADA)];
    const { packageId } = await build(ref);
    await build(other);
    await fixture.own.pool.query('UPDATE steward.packages SET rows = rows + 1 WHERE id = $1', [packageId]);
    await expect(verify(ref)).rejects.toThrow(PackageBroken);
    await damage(other, () => Buffer.alloc(0));
    const [file = ''] = (await storedObjects()).filter((path) => path.includes(other.requestId));
    await fixture.deps.storage.delete(file.slice(fixture.storagePath.length + 1));
    await expect(verify(other)).rejects.toThrow(PackageBroken);
  });

  it('that verifies is recorded as such, once', async () => {
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    await verify(ref);
    await verify(ref);
    expect((await fixture.events(ref)).filter((kind) => kind === 'package_verified')).toHaveLength(1);
  });
});
