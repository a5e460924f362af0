/** The tests against a real S3-compatible server, which has to be built first: `npm run test:s3`, apart from `npm test`. */
import { defineConfig } from 'vitest/config';
import './test/support/compile-cache.ts';

export default defineConfig({
  test: {
    name: 's3',
    environment: 'node',
    restoreMocks: true,
    expect: { poll: { timeout: 30_000 } },
    include: ['test/**/*.s3.test.ts'],
    globalSetup: ['test/support/minio-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
