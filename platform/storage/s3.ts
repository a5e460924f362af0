/** Object storage in a bucket of S3, or of what speaks its protocol. */
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  NoSuchBucket,
  S3Client,
  S3ServiceException,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import type {
  ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommandOutput,
  MultipartUpload,
  S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Conflict, StewardError, Unavailable } from '../../domain/errors.ts';
import type { StorageSettings } from '../config.ts';
import { Meter, abandon } from './meter.ts';
import { ObjectMissing, isObjectKey, requireObjectKey } from './storage.ts';
import type {
  ByteRange,
  ObjectContent,
  ObjectEntry,
  ObjectHead,
  ObjectStorage,
  PutOptions,
  StoredObject,
} from './storage.ts';

export type S3Settings = Extract<StorageSettings, { kind: 's3' }>;

/** A multipart upload has at most 10,000 parts: objects of up to 156 GiB, with two parts in memory at a time. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_A_TIME = 2;

const TAKEN = 'There is an object under this key.';

export function openBucket(settings: S3Settings): ObjectStorage {
  return new BucketStorage(settings, new S3Client(clientConfig(settings)));
}

function clientConfig(settings: S3Settings): S3ClientConfig {
  const { accessKeyId, secretAccessKey } = settings;
  return {
    region: settings.region,
    forcePathStyle: settings.forcePathStyle,
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 60_000 },
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}

class BucketStorage implements ObjectStorage {
  private readonly settings: S3Settings;
  private readonly client: S3Client;

  constructor(settings: S3Settings, client: S3Client) {
    this.settings = settings;
    this.client = client;
  }

  async put(key: string, content: Readable, options: PutOptions = {}): Promise<StoredObject> {
    const meter = new Meter();
    const body = Readable.from(meter.read(content), { objectMode: false });
    body.on('error', () => undefined); // The upload reports it; one that has failed already listens no more.
    try {
      requireObjectKey(key);
      await this.upload(key, body, options);
      return meter.result();
    } catch (error) {
      // 412: the object is there; 409: another conditional write to the key was faster.
      const taken = options.ifAbsent && hasStatus(error, 409, 412);
      const failure = taken ? new Conflict(TAKEN) : meter.blames(error) ? error : storageFailure(error);
      abandon(content, failure);
      throw failure;
    } finally {
      body.destroy();
    }
  }

  async get(key: string, range?: ByteRange): Promise<ObjectContent> {
    if (!isObjectKey(key)) throw new ObjectMissing();
    const part = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` };
    try {
      const { Body, ContentLength = 0 } = await this.client.send(new GetObjectCommand({ ...this.named(key), ...part }));
      return { stream: Body instanceof Readable ? Body : Readable.from([]), bytes: ContentLength };
    } catch (error) {
      if (isAbsent(error)) throw new ObjectMissing();
      if (hasStatus(error, 416)) return { stream: Readable.from([]), bytes: 0 };
      throw storageFailure(error);
    }
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    if (!isObjectKey(key)) return undefined;
    try {
      const facts = await this.client.send(new HeadObjectCommand(this.named(key)));
      return { bytes: facts.ContentLength ?? 0, modifiedAt: facts.LastModified ?? new Date(0) };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storageFailure(error);
    }
  }

  async delete(key: string): Promise<void> {
    if (!isObjectKey(key)) return;
    await this.client.send(new DeleteObjectCommand(this.named(key))).catch((error: unknown) => {
      if (!isAbsent(error)) throw storageFailure(error);
    });
  }

  /** Markers of deletions are no versions: there is nothing in them. */
  async versions(key: string): Promise<number> {
    let count = 0;
    for await (const { isMarker } of this.versionsOf(key)) if (!isMarker) count += 1;
    return count;
  }

  async deleteVersions(key: string): Promise<void> {
    for await (const { versionId } of this.versionsOf(key)) {
      const version = { ...this.named(key), VersionId: versionId };
      await this.client.send(new DeleteObjectCommand(version)).catch((error: unknown) => {
        if (!isAbsent(error)) throw storageFailure(error);
      });
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    const { bucket, prefix: own } = this.settings;
    try {
      for await (const page of paginateListObjectsV2(
        { client: this.client },
        { Bucket: bucket, Prefix: own + prefix },
      )) {
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
          yield { key: Key.slice(own.length), bytes: Size, modifiedAt: LastModified };
        }
      }
    } catch (error) {
      throw storageFailure(error);
    }
  }

  async sweepUnfinished(begunBefore: Date): Promise<number> {
    let aborted = 0;
    try {
      for await (const { Key = '', UploadId, Initiated = new Date() } of this.uploads()) {
        if (!Key.startsWith(this.settings.prefix) || Initiated >= begunBefore) continue;
        await this.abort(Key, UploadId);
        aborted += 1;
      }
    } catch (error) {
      throw storageFailure(error);
    }
    return aborted;
  }

  async health(): Promise<void> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.settings.bucket })).catch((error: unknown) => {
      throw storageFailure(error);
    });
  }

  /** Versions and markers of deletions. A bucket that keeps no versions has one of each object, whose id is `null`. */
  private async *versionsOf(key: string): AsyncGenerator<{ readonly versionId: string; readonly isMarker: boolean }> {
    if (!isObjectKey(key)) return;
    const { Bucket, Key } = this.named(key);
    let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (next) {
      const page: ListObjectVersionsCommandOutput = await this.client
        .send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, ...next }))
        .catch((error: unknown) => {
          throw storageFailure(error);
        });
      const { Versions = [], DeleteMarkers = [], NextKeyMarker, NextVersionIdMarker } = page;
      // Those of the key itself come first, for other keys with the prefix are longer.
      const own = <T extends { Key?: string | undefined }>(all: readonly T[]) => all.filter((each) => each.Key === Key);
      for (const { VersionId = 'null' } of own(Versions)) yield { versionId: VersionId, isMarker: false };
      for (const { VersionId = 'null' } of own(DeleteMarkers)) yield { versionId: VersionId, isMarker: true };
      next =
        page.IsTruncated && NextKeyMarker === Key && NextVersionIdMarker !== undefined
          ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
          : undefined;
    }
  }

  /** Of the whole bucket: MinIO takes a prefix here for a whole key, and would find nothing. */
  private async *uploads(): AsyncGenerator<MultipartUpload> {
    let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (next) {
      const page: ListMultipartUploadsCommandOutput = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket: this.settings.bucket, ...next }),
      );
      yield* page.Uploads ?? [];
      const { NextKeyMarker, NextUploadIdMarker } = page;
      next =
        page.IsTruncated && NextKeyMarker !== undefined && NextUploadIdMarker !== undefined
          ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
          : undefined;
    }
  }

  /** One that has been finished or aborted meanwhile is no error. */
  private async abort(key: string, uploadId: string | undefined): Promise<void> {
    const upload = { Bucket: this.settings.bucket, Key: key, UploadId: uploadId };
    await this.client.send(new AbortMultipartUploadCommand(upload)).catch((error: unknown) => {
      if (!hasStatus(error, 404)) throw error;
    });
  }

  /** One request for what fits in a part, else a multipart upload, which is aborted when anything fails. */
  private async upload(key: string, content: Readable, options: PutOptions): Promise<void> {
    const { serverSideEncryption } = this.settings;
    await new Upload({
      client: this.client,
      partSize: PART_BYTES,
      queueSize: PARTS_AT_A_TIME,
      params: {
        ...this.named(key),
        Body: content,
        ChecksumAlgorithm: 'SHA256',
        ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
        ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
        ...(serverSideEncryption === undefined ? {} : { ServerSideEncryption: serverSideEncryption }),
      },
    }).done();
  }

  private named(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.settings.bucket, Key: this.settings.prefix + key };
  }
}

function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0);
}

function isAbsent(error: unknown): boolean {
  return hasStatus(error, 404) && !(error instanceof NoSuchBucket);
}

function storageFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StewardError) return error;
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const what = hasStatus(error, 507)
    ? `The object storage is full (${reason}).`
    : `The object storage failed with ${reason}.`;
  return new Unavailable(what, { service: 'storage' });
}
