/** Whole requests on a stack whose packages lie in a bucket, on a disk that can be filled. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { download } from '../../cli/api-client.ts';
import type { ApiClient } from '../../cli/api-client.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { startStack } from '../../dev/stack.ts';
import type { Stack } from '../../dev/stack.ts';
import { Unavailable } from '../../domain/errors.ts';
import { verifyPackageFile } from '../../platform/package-verification.ts';
import { openStorage } from '../../platform/storage/open.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { list, streamOf } from '../platform/storage-conformance.ts';
import { makeBucket } from '../support/bucket.ts';
import type { TestBucket } from '../support/bucket.ts';
import { startMinio } from '../support/minio.ts';
import type { Minio } from '../support/minio.ts';
import { accessRequest, controllerClient, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';
import { temporaryHome } from '../support/temporary-home.ts';

const DISK_MEBIBYTES = 200;
const maya = accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }]);

let home: string;
let folder: string;
let minio: Minio;
let bucket: TestBucket;
let stack: Stack;
let client: ApiClient;

beforeAll(async () => {
  process.env['STEWARD_SAMPLE_PEOPLE'] = '60';
  home = await temporaryHome();
  folder = await mkdtemp(join(tmpdir(), 'steward-packages-'));
  minio = await startMinio({ folder, log: () => undefined, diskMebibytes: DISK_MEBIBYTES });
  bucket = await makeBucket({ serverSideEncryption: 'AES256' }, minio);
  stack = await startStack({ home, storage: bucket.settings, log: () => undefined });
  client = await controllerClient(stack.endpoints);
});

afterAll(async () => {
  await stack.stop();
  await minio.stop();
  await Promise.all([home, folder].map((each) => rm(each, { recursive: true, force: true })));
});

async function keys(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${stack.endpoints.api}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
}

describe('a request on a stack with a bucket', () => {
  it('ends in one sealed object, and a package that downloads and verifies', async () => {
    const { id } = await fileRequest(client, maya);
    const request = await waitForRequest(client, id, inStatus('completed'));
    expect(request.outcome).toBe('fulfilled');
    const stored = await list(openStorage(bucket.settings), `packages/${SHOWCASE_PERSON.workspaceId}/${id}/`);
    expect(stored).toHaveLength(1);

    const file = join(folder, 'package.zip');
    await download((await newLink(client, id)).url, file);
    const report = await verifyPackageFile(file, await keys());
    expect(report.problems).toEqual([]);
    expect(report.manifest?.requestId).toBe(id);
    expect(report.manifest?.totals.files).toBeGreaterThan(0);
  });
});

describe('a storage that is full', () => {
  /** Until nothing more fits, not even little; answers what was stored. */
  async function fill(storage: ObjectStorage): Promise<readonly string[]> {
    const fillers: string[] = [];
    for (const mebibytes of [16, 1, 1 / 16]) {
      const content = Buffer.alloc(mebibytes * 2 ** 20);
      for (let failure: unknown; failure === undefined; ) {
        const key = `filler/${randomUUID()}`;
        failure = await storage.put(key, streamOf(content)).then(
          () => void fillers.push(key),
          (error: unknown) => error,
        );
        if (failure !== undefined) expect(failure).toBeInstanceOf(Unavailable);
      }
    }
    return fillers;
  }

  it('is shown as what the request waits for, keeps no half package, and the request goes on when there is room', async () => {
    const storage = openStorage(bucket.settings);
    const fillers = await fill(storage);
    const { id } = await fileRequest(client, maya);
    const blocked = await waitForRequest(client, id, ({ blockedBy }) => blockedBy !== null);
    expect(blocked.blockedBy).toBe('storage');
    expect(blocked.status).toBe('packaging');
    expect(await list(storage, `packages/${SHOWCASE_PERSON.workspaceId}/${id}/`)).toEqual([]);
    await expect(client.get(`/v1/requests/${id}/package`)).rejects.toMatchObject({ status: 404 });

    for (const key of fillers) await storage.delete(key);
    const request = await waitForRequest(client, id, inStatus('completed'), 100_000);
    expect(request.outcome).toBe('fulfilled');
    expect(request.blockedBy).toBeNull();
  });
});
