/** The full matrix of crashes and the races of holds with erasures, which take minutes: `npm run test:faults`. */
import { defineConfig } from 'vitest/config';
import './test/support/compile-cache.ts';

export default defineConfig({
  test: {
    name: 'faults',
    environment: 'node',
    restoreMocks: true,
    expect: { poll: { timeout: 30_000 } },
    include: ['test/**/*.faults.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Each takes the whole machine, and counts on it.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
