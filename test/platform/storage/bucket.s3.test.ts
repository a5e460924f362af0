/** Against a real server; what every storage does, and what only a bucket has. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { Unavailable } from '../../../domain/errors.ts';
import { openStorage } from '../../../platform/storage/open.ts';
import { ObjectMissing } from '../../../platform/storage/storage.ts';
import type { ObjectStorage } from '../../../platform/storage/storage.ts';
import { makeBucket } from '../../support/bucket.ts';
import type { TestBucket } from '../../support/bucket.ts';
import { failingStream, list, streamOf, testStorage } from '../storage-conformance.ts';

let bucket: TestBucket;
let storage: ObjectStorage;

beforeAll(async () => {
  bucket = await makeBucket();
  storage = openStorage(bucket.settings);
});

const MORE_THAN_A_PART = 2 ** 24 + 1;

/** The object as the server has it, under the prefix of the settings. */
const named = ({ settings }: TestBucket, key: string) => ({ Bucket: settings.bucket, Key: settings.prefix + key });

async function uploadsIn({ settings, client }: TestBucket): Promise<string[]> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: settings.bucket }));
  return Uploads.map(({ Key = '' }) => Key);
}

describe('object storage in a bucket', () => {
  testStorage(() => storage);

  it('lists more objects than a page holds', async () => {
    const prefix = `${randomUUID()}/`;
    const keys = Array.from({ length: 1005 }, (_, index) => `${prefix}${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 20) {
      await Promise.all(keys.slice(at, at + 20).map((key) => storage.put(key, streamOf('x'))));
    }
    expect((await list(storage, prefix)).map(({ key }) => key)).toEqual(keys);
  });

  it('deletes the versions that a bucket keeps, with the markers of earlier deletions', async () => {
    const versioned = await makeBucket();
    const { Bucket } = named(versioned, '');
    await versioned.client.send(
      new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const kept = openStorage(versioned.settings);
    for (const text of ['first', 'second']) await kept.put('object', streamOf(text));
    await kept.delete('object');
    expect(await kept.versions('object')).toBe(2);
    await kept.deleteVersions('object');
    const left = await versioned.client.send(new ListObjectVersionsCommand({ Bucket }));
    expect([left.Versions ?? [], left.DeleteMarkers ?? []]).toEqual([[], []]);
  });

  it('keeps to its prefix', async () => {
    const { settings, client } = bucket;
    await client.send(new PutObjectCommand({ Bucket: settings.bucket, Key: 'elsewhere/object', Body: 'x' }));
    await storage.put('elsewhere/mine', streamOf('x'));
    expect((await list(storage, 'elsewhere/')).map(({ key }) => key)).toEqual(['elsewhere/mine']);
    await expect(storage.get('elsewhere/object')).rejects.toThrow(ObjectMissing);
  });

  it.each([1000, MORE_THAN_A_PART])('has the server check what arrives by SHA-256, for %i bytes', async (size) => {
    await storage.put('checked', streamOf(randomBytes(size)));
    const facts = await bucket.client.send(
      new HeadObjectCommand({ ...named(bucket, 'checked'), ChecksumMode: 'ENABLED' }),
    );
    expect(facts.ChecksumSHA256).toMatch(/^[A-Za-z0-9+/]{43}=(-\d+)?$/);
  });

  it('is away for who has the wrong key, and where there is no bucket', async () => {
    const stranger = openStorage({ ...bucket.settings, secretAccessKey: 'wrong-secret' });
    await expect(stranger.put('object', streamOf('x'))).rejects.toThrow(Unavailable);
    await expect(stranger.health()).rejects.toThrow(Unavailable);
    const nowhere = openStorage({ ...bucket.settings, bucket: randomUUID() });
    await expect(nowhere.health()).rejects.toThrow(Unavailable);
    await expect(nowhere.get('object')).rejects.toThrow(Unavailable);
    await expect(nowhere.put('object', streamOf('x'))).rejects.toThrow(Unavailable);
  });
});

describe('an upload in parts', () => {
  it('leaves no part when the stream fails', async () => {
    const failure = new Error('The source went away.');
    const content = failingStream(failure, randomBytes(2 * MORE_THAN_A_PART));
    await expect(storage.put('broken-off', content)).rejects.toBe(failure);
    expect(await uploadsIn(bucket)).toEqual([]);
  });

  it('that died is swept when it is old enough and ours', async () => {
    const { settings, client } = bucket;
    await client.send(new CreateMultipartUploadCommand(named(bucket, 'died')));
    await client.send(new CreateMultipartUploadCommand({ Bucket: settings.bucket, Key: 'elsewhere/died' }));
    expect(await storage.sweepUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    expect((await uploadsIn(bucket)).toSorted()).toEqual(['elsewhere/died', 'steward/died']);
    expect(await storage.sweepUnfinished(new Date(Date.now() + 60_000))).toBe(1);
    expect(await uploadsIn(bucket)).toEqual(['elsewhere/died']);
  });
});

describe('server-side encryption', () => {
  it.each([1000, MORE_THAN_A_PART])('is asked for with the upload, for %i bytes', async (size) => {
    const sealed = await makeBucket({ serverSideEncryption: 'AES256' });
    const content = randomBytes(size);
    await openStorage(sealed.settings).put('object', streamOf(content));
    const facts = await sealed.client.send(new HeadObjectCommand(named(sealed, 'object')));
    expect(facts.ServerSideEncryption).toBe('AES256');
    const { Body } = await sealed.client.send(new GetObjectCommand(named(sealed, 'object')));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(content)).toBe(true);
  });

  it('is left to the bucket when the settings say nothing', async () => {
    await storage.put('plain', streamOf('x'));
    const facts = await bucket.client.send(new HeadObjectCommand(named(bucket, 'plain')));
    expect(facts.ServerSideEncryption).toBeUndefined();
  });
});
