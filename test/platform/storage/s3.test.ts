import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../domain/errors.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { list, streamOf } from '../storage-conformance.ts';

describe('object storage in a bucket that does not answer', () => {
  const storage = openStorage({
    kind: 's3',
    bucket: 'b',
    prefix: '',
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:9',
    forcePathStyle: true,
    accessKeyId: 'id',
    secretAccessKey: 'secret',
  });

  it('is away, whatever is asked of it', async () => {
    await expect(storage.put('object', streamOf('x'))).rejects.toThrow(Unavailable);
    await expect(storage.get('object')).rejects.toThrow(Unavailable);
    await expect(storage.head('object')).rejects.toThrow(Unavailable);
    await expect(storage.delete('object')).rejects.toThrow(Unavailable);
    await expect(list(storage, '')).rejects.toThrow(Unavailable);
    await expect(storage.sweepUnfinished(new Date())).rejects.toThrow(Unavailable);
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
