import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { CRASH_POINTS, eraseThroughCrash } from '../support/crash-points.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';

/** Of all points (`npm run test:faults`) a few: those inside a batch, and two more that a seed picks. */
const SEED = Number(process.env['STEWARD_FAULT_SEED'] ?? '5');
const picked = [SEED, SEED * 7 + 3].map((n) => CRASH_POINTS[n % CRASH_POINTS.length]);
const POINTS = [...new Set(['erase.batch.before_commit', 'erase.batch.after_commit', ...picked])].filter(
  (point) => point !== undefined,
);

let erasing: ErasingStack;
beforeAll(async () => {
  erasing = await startErasingStack(40 * (POINTS.length + 1));
});
afterAll(() => erasing.stop());
beforeEach(() => erasing.setCoolingOff(0));

describe(`a worker that dies while it erases (seed ${SEED})`, () => {
  it.each(POINTS.map((point, ordinal) => ({ point, ordinal })))(
    'at $point leaves ledger and data equal, and its successor ends it',
    ({ point, ordinal }) => eraseThroughCrash(erasing, point, ordinal),
    300_000,
  );
});
