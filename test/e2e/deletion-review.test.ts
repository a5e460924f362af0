import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { imagineErasures } from '../support/imagined-erasures.ts';
import type { ImaginedErasure, ImaginedErasures } from '../support/imagined-erasures.ts';

/** What the run of an erasure does with each answer that its steps can give; what the steps do is tested with them. */
let erasures: ImaginedErasures;

beforeAll(async () => {
  erasures = await imagineErasures(inject('stack').configFile, 'deletion-review');
});
afterAll(() => erasures.close());

const FINDING = ['acknowledgeRequest', 'checkInstruction', 'openManualTasks', 'locatePerson', 'openMatchReview'];
const PROOF = ['verifyErasure', 'endErasure', 'plantTombstones', 'certifyErasure', 'tellErasure', 'closeErasure'];
const ERASING = ['eraseRecords', 'eraseMedia'];
const APPROVED = ['planErasure', 'openErasureReview', 'beginCoolingOff', 'endCoolingOff'];

const timesOf = ({ steps }: ImaginedErasure, step: string): number => steps.filter((each) => each === step).length;
const waitForStep = (erasure: ImaginedErasure, step: string, times = 1) =>
  vi.waitUntil(() => timesOf(erasure, step) >= times, { timeout: 60_000 });
/** The run has answered to what it was told: its next step is a timer or a signal. */
const waitForStatus = (erasure: ImaginedErasure, status: string) =>
  vi.waitUntil(async () => (await erasure.status()) === status, { timeout: 60_000, interval: 100 });

describe.concurrent('an erasure that nothing stands in the way of', () => {
  it('is planned, approved, carried out, verified, certified and told, in this order', async () => {
    const erasure = erasures.begin({});
    await erasure.start();
    expect(await erasure.result()).toEqual({ outcome: 'partially_fulfilled' });
    expect(erasure.steps).toEqual([...FINDING, 'gatherManualTasks', ...APPROVED, ...ERASING, ...PROOF]);
  });

  it('goes straight to its certificate when there is nothing to erase and nobody has to decide', async () => {
    const nothing = { erase: 0, pseudonymise: 0, retain: 4, pending: 0 };
    const erasure = erasures.begin({ plans: [nothing] });
    await erasure.start();
    await erasure.result();
    expect(erasure.steps.slice(6)).toEqual(['planErasure', 'certifyErasure', 'tellErasure', 'closeErasure']);
  });

  it('waits for people, whom it asks once, and looks again when it is told', async () => {
    const erasure = erasures.begin({ review: 'awaited' });
    await erasure.start();
    await waitForStatus(erasure, 'awaiting_approval');
    const looked = timesOf(erasure, 'openErasureReview');
    await erasure.signal('reviewed');
    await waitForStep(erasure, 'openErasureReview', looked + 1);
    expect(await erasure.status()).toBe('awaiting_approval');
    erasure.script.review = 'approved';
    await erasure.signal('reviewed');
    await erasure.result();
    expect(timesOf(erasure, 'ask:approval')).toBe(1);
    expect(timesOf(erasure, 'planErasure')).toBe(1);
  });

  it('ends refused, with nothing erased, when people reject it', async () => {
    const erasure = erasures.begin({ review: 'awaited' });
    await erasure.start();
    await waitForStatus(erasure, 'awaiting_approval');
    erasure.script.review = 'rejected';
    await erasure.signal('reviewed');
    expect(await erasure.result()).toEqual({ outcome: 'refused_by_controller' });
    expect(erasure.steps).not.toContain('eraseRecords');
    expect(erasure.steps).not.toContain('certifyErasure');
  });
});

describe.concurrent('a plan that is out of date', () => {
  it('is made again, and people are asked again, while it waits for them', async () => {
    const erasure = erasures.begin({ review: 'awaited' });
    await erasure.start();
    await waitForStatus(erasure, 'awaiting_approval');
    erasure.script.review = 'stale';
    erasure.script.during['planErasure'] = () => {
      erasure.script.review = 'awaited';
    };
    await erasure.signal('reviewed');
    await waitForStep(erasure, 'ask:approval', 2);
    erasure.script.review = 'approved';
    await erasure.signal('reviewed');
    await erasure.result();
    expect(timesOf(erasure, 'planErasure')).toBe(2);
  });

  it('is made again at once when a hold is placed while it cools off', async () => {
    const erasure = erasures.begin({ coolingOffMs: 86_400_000 });
    await erasure.start();
    await waitForStatus(erasure, 'cooling_off');
    erasure.script.review = 'stale';
    erasure.script.coolingOffMs = undefined;
    erasure.script.during['planErasure'] = () => {
      erasure.script.review = 'approved';
    };
    await erasure.signal('reviewed');
    await erasure.result();
    expect(timesOf(erasure, 'planErasure')).toBe(2);
    expect(timesOf(erasure, 'eraseRecords')).toBe(1);
  });

  it('is made again when it turns out so at the end of the cooling-off, or in the midst of erasing', async () => {
    const late = erasures.begin({ proceeds: [false, true] });
    const erasing = erasures.begin({ outcomes: ['stale', 'erased'] });
    await Promise.all([late.start(), erasing.start()]);
    await Promise.all([late.result(), erasing.result()]);
    expect([timesOf(late, 'planErasure'), timesOf(late, 'eraseRecords')]).toEqual([2, 1]);
    expect(erasing.steps.slice(6)).toEqual([...APPROVED, 'eraseRecords', ...APPROVED, ...ERASING, ...PROOF]);
  });

  it('is proven as far as it went when people refuse the rest of it', async () => {
    const erasure = erasures.begin({ outcomes: ['stale'] });
    erasure.script.during['eraseRecords'] = () => {
      erasure.script.review = 'rejected';
    };
    await erasure.start();
    expect(await erasure.result()).toEqual({ outcome: 'partially_fulfilled' });
    expect(erasure.steps.slice(-6)).toEqual(PROOF);
    expect(erasure.steps).not.toContain('refuseErasure');
  });

  it('never stops halfway: what was begun goes through journal and rescan though nothing more is to be erased', async () => {
    const some = { erase: 5, pseudonymise: 0, retain: 0, pending: 0 };
    const erasure = erasures.begin({
      plans: [some, { ...some, erase: 0, retain: 5 }],
      outcomes: ['stale', 'erased'],
    });
    await erasure.start();
    await erasure.result();
    expect(erasure.steps.slice(-8)).toEqual([...ERASING, ...PROOF]);
  });

  it('is not made again and again without a pause', async () => {
    const erasure = erasures.begin({ proceeds: [false] });
    await erasure.start();
    await waitForStep(erasure, 'endCoolingOff', 2);
    await delay(1500);
    expect(timesOf(erasure, 'planErasure')).toBe(2);
    await erasure.signal('cancelRequested');
    await erasure.result();
  });
});

describe.concurrent('the cooling-off', () => {
  it('ends by itself', async () => {
    const erasure = erasures.begin({ coolingOffMs: 1500 });
    let begun = Number.POSITIVE_INFINITY;
    let ended = 0;
    const statuses: string[] = [];
    erasure.script.during['beginCoolingOff'] = () => {
      begun = Date.now();
    };
    erasure.script.during['endCoolingOff'] = async () => {
      ended = Date.now();
      statuses.push(await erasure.status());
    };
    await erasure.start();
    expect(await erasure.result()).toEqual({ outcome: 'partially_fulfilled' });
    expect(ended - begun).toBeGreaterThanOrEqual(1500);
    expect(statuses).toEqual(['cooling_off']);
  });

  it('is not cut short by news that change nothing', async () => {
    const erasure = erasures.begin({ coolingOffMs: 86_400_000 });
    await erasure.start();
    await waitForStatus(erasure, 'cooling_off');
    const looked = timesOf(erasure, 'openErasureReview');
    await erasure.signal('reviewed');
    await waitForStep(erasure, 'openErasureReview', looked + 1);
    expect(await erasure.status()).toBe('cooling_off');
    await erasure.signal('cancelRequested');
    expect(await erasure.result()).toEqual({ outcome: 'withdrawn' });
    expect(erasure.steps).not.toContain('eraseRecords');
  });
});

describe.concurrent('a cancellation', () => {
  it('ends what waits for people', async () => {
    const erasure = erasures.begin({ review: 'awaited' });
    await erasure.start();
    await waitForStatus(erasure, 'awaiting_approval');
    await erasure.signal('cancelRequested');
    expect(await erasure.result()).toEqual({ outcome: 'withdrawn' });
  });

  it.each(['planErasure', 'endCoolingOff'])('that comes during %s ends it when it can still be ended', async (step) => {
    const erasure = erasures.begin({ proceeds: [false] });
    erasure.script.during[step] = () => erasure.signal('cancelRequested');
    await erasure.start();
    expect(await erasure.result()).toEqual({ outcome: 'withdrawn' });
    expect(erasure.steps).not.toContain('eraseRecords');
  });

  it.each(['endCoolingOff', 'eraseRecords', 'verifyErasure', 'certifyErasure'])(
    'that comes during %s, once erasing has begun, changes nothing',
    async (step) => {
      const erasure = erasures.begin({ outcomes: ['stale', 'erased'] });
      erasure.script.during[step] = () => erasure.signal('cancelRequested');
      await erasure.start();
      expect(await erasure.result()).toEqual({ outcome: 'partially_fulfilled' });
      expect(erasure.steps).not.toContain('withdrawRequest');
      expect(erasure.steps.slice(-8)).toEqual([...ERASING, ...PROOF]);
    },
  );
});

describe.concurrent('what a rescan finds left over', () => {
  it('is planned again, and certified when it is gone', async () => {
    const erasure = erasures.begin({ residuals: [2, 0] });
    await erasure.start();
    await erasure.result();
    expect([timesOf(erasure, 'planErasure'), timesOf(erasure, 'certifyErasure')]).toEqual([2, 1]);
  });

  it('waits for somebody when it stays, and goes on when it is told', async () => {
    const erasure = erasures.begin({ residuals: [1, 1, 1, 1, 0] });
    await erasure.start();
    await waitForStep(erasure, 'verifyErasure', 4);
    await waitForStatus(erasure, 'verifying');
    await delay(1000);
    expect(timesOf(erasure, 'planErasure')).toBe(4);
    expect(erasure.steps).not.toContain('certifyErasure');
    await erasure.signal('reviewed');
    await erasure.result();
    expect([timesOf(erasure, 'verifyErasure'), timesOf(erasure, 'certifyErasure')]).toEqual([5, 1]);
  });

  it('has a certificate that says so, and that the controller is told of, while it stays', async () => {
    const erasure = erasures.begin({ residuals: [1, 1, 1, 1, 2, 0] });
    await erasure.start();
    await waitForStep(erasure, 'tellErasure');
    expect(erasure.steps.slice(-3)).toEqual(['verifyErasure', 'certifyFailedErasure', 'tellErasure']);
    await erasure.signal('reviewed');
    await waitForStep(erasure, 'tellErasure', 2);
    expect(timesOf(erasure, 'certifyFailedErasure')).toBe(2);
    expect(await erasure.status()).toBe('verifying');
    await erasure.signal('reviewed');
    expect(await erasure.result()).toEqual({ outcome: 'partially_fulfilled' });
    expect(erasure.steps.slice(-6)).toEqual(PROOF);
    expect(timesOf(erasure, 'certifyFailedErasure')).toBe(2);
  });
});

describe.concurrent('a request that goes on after a partial answer', () => {
  it('plans at once, in a run of its own, and cannot be cancelled', async () => {
    const erasure = erasures.begin({ closed: { status: 'completed', outcome: 'fulfilled' } });
    erasure.script.during['planErasure'] = () => erasure.signal('cancelRequested', 1);
    await erasure.start(1);
    expect(await erasure.result(1)).toEqual({ outcome: 'fulfilled' });
    expect(erasure.steps).toEqual(['checkInstruction', ...APPROVED, ...ERASING, ...PROOF]);
  });

  it('waits for an instruction before it plans anything, when the one it had no longer stands', async () => {
    const erasure = erasures.begin({ instructed: [false, false, true] });
    await erasure.start(2);
    await vi.waitUntil(async () => (await erasure.status(2)) === 'awaiting_instruction', { timeout: 60_000 });
    await erasure.signal('instructionGiven', 2);
    await waitForStep(erasure, 'checkInstruction', 2);
    expect(erasure.steps).not.toContain('planErasure');
    await erasure.signal('instructionGiven', 2);
    expect(await erasure.result(2)).toEqual({ outcome: 'partially_fulfilled' });
    expect(erasure.steps.slice(0, 4)).toEqual([
      ...['checkInstruction', 'checkInstruction', 'checkInstruction'],
      'planErasure',
    ]);
  });
});
