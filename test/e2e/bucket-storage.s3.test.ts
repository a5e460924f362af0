/** A whole request on a stack whose packages lie in a bucket. */
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
import { verifyPackageFile } from '../../platform/package-verification.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { list } from '../platform/storage-conformance.ts';
import { makeBucket } from '../support/bucket.ts';
import type { TestBucket } from '../support/bucket.ts';
import { accessRequest, controllerClient, fileRequest, inStatus, newLink, waitForRequest } from '../support/steward.ts';
import { temporaryHome } from '../support/temporary-home.ts';

let home: string;
let folder: string;
let bucket: TestBucket;
let stack: Stack;
let client: ApiClient;

beforeAll(async () => {
  process.env['STEWARD_SAMPLE_PEOPLE'] = '60';
  bucket = await makeBucket({ serverSideEncryption: 'AES256' });
  home = await temporaryHome();
  folder = await mkdtemp(join(tmpdir(), 'steward-packages-'));
  stack = await startStack({ home, storage: bucket.settings, log: () => undefined });
  client = await controllerClient(stack.endpoints);
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([home, folder].map((each) => rm(each, { recursive: true, force: true })));
});

async function keys(): Promise<JSONWebKeySet> {
  return (await (await fetch(`${stack.endpoints.api}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
}

describe('a request on a stack with a bucket', () => {
  it('ends in one sealed object, and a package that downloads and verifies', async () => {
    const { id } = await fileRequest(client, accessRequest([{ type: 'email', value: SHOWCASE_PERSON.email }]));
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
