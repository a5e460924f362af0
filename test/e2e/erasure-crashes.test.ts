import { afterAll, beforeAll, describe, it } from 'vitest';
import { eraseThroughCrashes, shuffledPoints } from '../support/crash-points.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';

/** Of all points (`npm run test:faults`) three: those on both sides of a batch's commit, and one that the seed picks. */
const SEED = Number(process.env['STEWARD_FAULT_SEED'] ?? '5');
const COMMIT = ['erase.batch.before_commit', 'erase.batch.after_commit'];
const picked = shuffledPoints(SEED).find((point) => !COMMIT.includes(point)) ?? '';
const POINTS = [...COMMIT, picked];

let erasing: ErasingStack;
beforeAll(async () => {
  erasing = await startErasingStack(40 * (POINTS.length + 1));
  await erasing.setCoolingOff(0);
});
afterAll(() => erasing.stop());

describe('a worker that dies while it erases', () => {
  it(`leaves ledger and data equal, and its successor ends it: at ${POINTS.join(', ')} (seed ${SEED})`, async () => {
    await eraseThroughCrashes(erasing, POINTS);
  }, 300_000);
});
