/** Every point at which a worker can die while it erases, as far as the time box admits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseThroughCrashes, shuffledPoints } from '../support/crash-points.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';

/** Another one every day, so that a box which is too small for all points misses others tomorrow. */
const SEED = Number(process.env['STEWARD_FAULT_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const MINUTES = Number(process.env['STEWARD_FAULT_MINUTES'] ?? 6);
const POINTS = shuffledPoints(SEED);

let erasing: ErasingStack;
beforeAll(async () => {
  erasing = await startErasingStack(40 * (POINTS.length + 1));
  await erasing.setCoolingOff(0);
});
afterAll(() => erasing.stop());

describe('a worker that dies while it erases', () => {
  it(
    'leaves ledger and data equal, and its successor ends it, wherever it dies',
    async () => {
      const died = await eraseThroughCrashes(erasing, POINTS, performance.now() + MINUTES * 60_000);
      process.stdout.write(
        `The worker died at ${died.length} of ${POINTS.length} points within ${MINUTES} minutes (seed ${SEED}).\n`,
      );
      expect(died.length).toBeGreaterThan(0);
    },
    (MINUTES + 10) * 60_000,
  );
});
