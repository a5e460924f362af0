import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import './test/support/compile-cache.ts';
import { WaitingFirst } from './test/support/waiting-first.ts';

/** How many times as often as usual each property is tried; it takes as much longer. */
const propertyRuns = Number(process.env['STEWARD_PROPERTY_RUNS'] ?? '1') || 1;

const shared = {
  environment: 'node' as const,
  restoreMocks: true,
  setupFiles: propertyRuns === 1 ? [] : ['test/support/property-runs.ts'],
  /** A condition is waited for as long as a busy machine may take. */
  expect: { poll: { timeout: 30_000 } },
  /** One more than cores, for tests of the whole stack mostly wait; no more than one PostgreSQL and its memory bear. */
  maxWorkers: Math.min(availableParallelism() + 1, 6),
};

/** After all others: it measures how long a stack takes to stop. */
const ALONE = ['test/e2e/lifecycle.test.ts'];

export default defineConfig({
  test: {
    sequence: { sequencer: WaitingFirst },
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
          testTimeout: 120_000 * propertyRuns,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'database',
          include: ['test/**/*.pg.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000 * propertyRuns,
          hookTimeout: 120_000,
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
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/**/*.s3.test.ts', ...ALONE],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ALONE,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
