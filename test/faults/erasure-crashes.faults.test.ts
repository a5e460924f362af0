import { afterAll, beforeAll, beforeEach, describe, it } from 'vitest';
import { CRASH_POINTS, eraseThroughCrash } from '../support/crash-points.ts';
import { startErasingStack } from '../support/erasing-stack.ts';
import type { ErasingStack } from '../support/erasing-stack.ts';

let erasing: ErasingStack;
beforeAll(async () => {
  erasing = await startErasingStack(40 * (CRASH_POINTS.length + 1));
});
afterAll(() => erasing.stop());
beforeEach(() => erasing.setCoolingOff(0));

describe('a worker that dies while it erases', () => {
  it.each(CRASH_POINTS.map((point, ordinal) => ({ point, ordinal })))(
    'at $point leaves ledger and data equal, and its successor ends it',
    ({ point, ordinal }) => eraseThroughCrash(erasing, point, ordinal),
  );
});
