/** One MinIO a run, shared by the tests that need a bucket; each makes its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startMinio } from './minio.ts';
import type { Minio } from './minio.ts';

declare module 'vitest' {
  interface ProvidedContext {
    minio: Omit<Minio, 'stop'>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-minio-'));
  // Shown as it comes: the first start builds it, which takes minutes.
  const { stop, ...minio } = await startMinio({ folder, log: (line) => process.stderr.write(`${line}\n`) });
  project.provide('minio', minio);
  return async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
}
