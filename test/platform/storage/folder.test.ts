import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput, Unavailable } from '../../../domain/errors.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { ObjectMissing } from '../../../platform/storage/storage.ts';
import { failingStream, list, streamOf, testStorage } from '../storage-conformance.ts';

describe('object storage in a folder', () => {
  let path = '';
  const open = () => openStorage({ kind: 'folder', path });

  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'steward-storage-'));
  });
  afterAll(() => rm(path, { recursive: true }));

  testStorage(open);

  it('lets nobody else read', async () => {
    await open().put('deep/down/object', streamOf('content'));
    expect((await stat(join(path, 'deep/down/object'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, 'deep/down'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, '.incoming'))).mode & 0o777).toBe(0o700);
  });

  it('leaves no draft behind, whether the writing succeeds or fails', async () => {
    await open().put('object', streamOf('content'));
    await expect(open().put('object', failingStream(new Error('gone'), 'x'))).rejects.toThrow('gone');
    expect(await readdir(join(path, '.incoming'))).toEqual([]);
  });

  it('sweeps the drafts that a crash left, and leaves those that are being written', async () => {
    const incoming = join(path, '.incoming');
    await mkdir(incoming, { recursive: true });
    await writeFile(join(incoming, 'abandoned'), 'x');
    await writeFile(join(incoming, 'in-work'), 'x');
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
    await utimes(join(incoming, 'abandoned'), twoDaysAgo, twoDaysAgo);
    expect(await open().sweepUnfinished(new Date(Date.now() - 86_400_000))).toBe(1);
    expect(await readdir(incoming)).toEqual(['in-work']);
    await rm(join(incoming, 'in-work'));
  });

  it('has nothing to sweep before the first object', async () => {
    const root = join(path, 'new');
    await mkdir(root);
    expect(await openStorage({ kind: 'folder', path: root }).sweepUnfinished(new Date())).toBe(0);
  });

  it('keeps its drafts to itself', async () => {
    const storage = open();
    await expect(storage.put('.incoming/object', streamOf('x'))).rejects.toThrow(InvalidInput);
    await writeFile(join(path, '.incoming/draft'), 'x');
    await expect(storage.get('.incoming/draft')).rejects.toThrow(ObjectMissing);
    await storage.delete('.incoming/draft');
    const keys = (await list(storage, '')).map(({ key }) => key);
    expect(keys.filter((key) => key.startsWith('.incoming'))).toEqual([]);
    expect(await readdir(join(path, '.incoming'))).toEqual(['draft']);
    await rm(join(path, '.incoming/draft'));
  });

  it('takes a folder for no object', async () => {
    const storage = open();
    await storage.put('folder/object', streamOf('x'));
    await expect(storage.get('folder')).rejects.toThrow(ObjectMissing);
    await expect(storage.get('folder/object/below')).rejects.toThrow(ObjectMissing);
    await storage.delete('folder');
    expect(await storage.head('folder/object')).toMatchObject({ bytes: 1 });
  });

  it('is away when its folder is not there, and does not make it', async () => {
    const storage = openStorage({ kind: 'folder', path: join(path, 'not-mounted') });
    const content = streamOf('x');
    await expect(storage.health()).rejects.toThrow(Unavailable);
    await expect(storage.put('object', content)).rejects.toThrow(Unavailable);
    expect(content.errored).toBeInstanceOf(Unavailable);
    await expect(stat(join(path, 'not-mounted'))).rejects.toThrow('ENOENT');
  });

  it('is away when the disk refuses, and says neither path nor key', async () => {
    const root = join(path, 'refusing');
    await mkdir(root);
    await writeFile(join(root, '.incoming'), 'not a folder');
    const failure = openStorage({ kind: 'folder', path: root }).put('some/key', streamOf('x'));
    await expect(failure).rejects.toThrow(Unavailable);
    await expect(failure).rejects.toThrow(/^The storage folder failed with ENOTDIR\.$/);
  });
});
