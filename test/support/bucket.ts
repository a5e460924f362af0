/** A new bucket on a MinIO, by default the run's, and the settings under which Steward uses it. */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { Minio } from './minio.ts';
import type { S3Settings } from '../../platform/storage/s3.ts';

export interface TestBucket {
  readonly settings: S3Settings;
  /** To look at what the storage does not show. */
  readonly client: S3Client;
}

export async function makeBucket(
  more: Partial<S3Settings> = {},
  { endpoint, accessKeyId, secretAccessKey }: Omit<Minio, 'stop'> = inject('minio'),
): Promise<TestBucket> {
  const settings: S3Settings = {
    endpoint,
    accessKeyId,
    secretAccessKey,
    kind: 's3',
    bucket: randomUUID(),
    prefix: 'steward/',
    region: 'us-east-1',
    forcePathStyle: true,
    ...more,
  };
  const client = new S3Client({
    endpoint,
    region: settings.region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: settings.bucket }));
  return { settings, client };
}
