import { defineConfig } from 'vitest/config';

/** How many times as often as usual each property is tried; it takes as much longer. */
const propertyRuns = Number(process.env['STEWARD_PROPERTY_RUNS'] ?? '1') || 1;

const shared = {
  environment: 'node' as const,
  restoreMocks: true,
  setupFiles: propertyRuns === 1 ? [] : ['test/support/property-runs.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/**/*.pg.test.ts',
            'test/**/*.s3.test.ts',
            'test/faults/**',
            'test/e2e/**',
            'test/replay/**',
            'test/browser/**',
          ],
          testTimeout: 20_000 * propertyRuns,
        },
      },
      {
        test: {
          ...shared,
          name: 'database',
          include: ['test/**/*.pg.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000 * propertyRuns,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/**/*.s3.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
