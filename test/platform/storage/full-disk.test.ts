/** A disk that is full, as the system tells it: the error is put in where the file is opened. */
import type * as fs from 'node:fs/promises';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Unavailable } from '../../../domain/errors.ts';
import { openFolder } from '../../../platform/storage/folder.ts';
import { list, streamOf } from '../storage-conformance.ts';

const disk = vi.hoisted(() => ({ code: '' }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const open: typeof real.open = async (...how) => {
    const handle = await real.open(...how);
    if (disk.code === '') return handle;
    const refusal = Object.assign(new Error(`${disk.code}: write`), { code: disk.code, syscall: 'write' });
    const stream = handle.createWriteStream.bind(handle);
    handle.createWriteStream = (options) => {
      const file = stream(options);
      file._writev = (_chunks, done) => done(refusal);
      file._write = (_chunk, _encoding, done) => done(refusal);
      return file;
    };
    return handle;
  };
  return { ...real, open };
});

let path = '';
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'steward-full-'));
});
afterAll(() => rm(path, { recursive: true }));

describe('a storage folder on a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])(
    'is away for writers with %s, says why, and shows nothing of the object',
    async (code) => {
      const storage = openFolder(path);
      disk.code = code;
      const content = streamOf(Buffer.alloc(1_000_000), Buffer.alloc(1_000_000));
      await expect(storage.put('some/key', content)).rejects.toEqual(
        new Unavailable(`The disk of the storage folder is full (${code}).`, { service: 'storage' }),
      );
      expect(content.errored).toBeInstanceOf(Unavailable);
      expect(await storage.head('some/key')).toBeUndefined();
      expect(await readdir(join(path, '.incoming'))).toEqual([]);

      disk.code = '';
      await storage.put('some/key', streamOf('content'));
      expect((await list(storage, '')).map(({ key }) => key)).toEqual(['some/key']);
      await storage.delete('some/key');
    },
  );
});
