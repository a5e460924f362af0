import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Unavailable } from '../../../domain/errors.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { list, streamOf, testStorage } from '../storage-conformance.ts';

const settings = z.object({
  kind: z.literal('s3').default('s3'),
  bucket: z.string(),
  prefix: z.string().default('steward-test/'),
  region: z.string().default('us-east-1'),
  endpoint: z.url().optional(),
  forcePathStyle: z.boolean().default(true),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  serverSideEncryption: z.enum(['AES256', 'aws:kms']).optional(),
});

describe('object storage in a bucket that does not answer', () => {
  const storage = openStorage(
    settings.parse({ bucket: 'b', endpoint: 'http://127.0.0.1:9', accessKeyId: 'id', secretAccessKey: 'secret' }),
  );

  it('is away, whatever is asked of it', async () => {
    await expect(storage.put('object', streamOf('x'))).rejects.toThrow(Unavailable);
    await expect(storage.get('object')).rejects.toThrow(Unavailable);
    await expect(storage.head('object')).rejects.toThrow(Unavailable);
    await expect(storage.delete('object')).rejects.toThrow(Unavailable);
    await expect(list(storage, '')).rejects.toThrow(Unavailable);
    await expect(storage.health()).rejects.toThrow(/^The object storage failed with ECONNREFUSED\.$/);
  });

  it('ends the stream that it cannot store for the reason that it has', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(2 ** 20);
      })(),
      { objectMode: false },
    );
    await expect(storage.put('object', endless)).rejects.toThrow(Unavailable);
    expect(endless.errored).toBeInstanceOf(Unavailable);
  });
});

const server = process.env['STEWARD_TEST_S3'];
if (server !== undefined) {
  describe('object storage in a bucket', { timeout: 120_000 }, () => {
    const open = () => openStorage(settings.parse(JSON.parse(server)));

    testStorage(open);

    it('lists more objects than a page holds', async () => {
      const storage = open();
      const prefix = `${randomUUID()}/`;
      const keys = Array.from({ length: 1005 }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
      for (let at = 0; at < keys.length; at += 20) {
        await Promise.all(keys.slice(at, at + 20).map((key) => storage.put(key, streamOf('x'))));
      }
      expect((await list(storage, prefix)).map(({ key }) => key)).toEqual(keys);
    });
  });
}
