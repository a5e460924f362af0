/** Courses of an erasure that its real steps do not easily come to, for the histories. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImaginedErasure } from './imagined-erasures.ts';

/** Each answers which run of the request it ended with, where that is not the first. */
export const IMAGINED_COURSES: Readonly<Record<string, (erasure: ImaginedErasure) => Promise<number | undefined>>> = {
  /** What is left over is planned again. */
  'erasure-with-residual': async (erasure) => {
    erasure.script.residuals = [2, 0];
    await erasure.start();
    return undefined;
  },
  /** And stays, until somebody has looked. */
  'erasure-with-stubborn-residual': async (erasure) => {
    erasure.script.residuals = [1, 1, 1, 1, 0];
    await erasure.start();
    await untilTaken(erasure, 'verifyErasure', 4);
    await erasure.signal('reviewed');
    return undefined;
  },
  'erasure-out-of-date': async (erasure) => {
    erasure.script.outcomes = ['stale', 'stale', 'erased'];
    erasure.script.proceeds = [false, true];
    await erasure.start();
    return undefined;
  },
  'erasure-refused-midway': async (erasure) => {
    erasure.script.outcomes = ['stale'];
    erasure.script.during['eraseRecords'] = () => {
      erasure.script.review = 'rejected';
    };
    await erasure.start();
    return undefined;
  },
  'erasure-continued': async (erasure) => {
    await erasure.start(1);
    return 1;
  },
};

async function untilTaken({ steps }: ImaginedErasure, step: string, times: number): Promise<void> {
  while (steps.filter((each) => each === step).length < times) await delay(20);
}
