/** Where a worker can die while it erases: before and after every activity, and inside what writes. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { personAt } from '../../dev/sample-crm/people.ts';
import { readCrm } from './crm-rows.ts';
import type { ErasingStack } from './erasing-stack.ts';
import { expectProven } from './erasure-outcome.ts';
import { approveAll, erasureRequest, fileRequest, inStatus, waitForRequest } from './steward.ts';

const ACTIVITIES = [
  'acknowledgeRequest',
  'checkInstruction',
  'openManualTasks',
  'locatePerson',
  'openMatchReview',
  'gatherManualTasks',
  'planErasure',
  'openErasureReview',
  'beginCoolingOff',
  'endCoolingOff',
  'eraseRecords',
  'eraseMedia',
  'verifyErasure',
  'endErasure',
  'plantTombstones',
  'certifyErasure',
  'tellErasure',
  'closeErasure',
] as const;

const INSIDE = [
  'freeze.before_commit',
  'freeze.after_commit',
  'erase.batch.before_write',
  'erase.batch.before_commit',
  'erase.batch.before_commit@2',
  'erase.batch.after_commit',
  'erase.batch.after_commit@3',
  'media.before_delete',
  'media.after_delete',
  'journal.before_write',
  'journal.after_write',
  'end.before_clear',
] as const;

const CRASH_POINTS: readonly string[] = [
  ...ACTIVITIES.flatMap((activity) => [`before.${activity}`, `after.${activity}`]),
  ...INSIDE,
];

/** People who have objects in the store, so that every point is reached: the sample's every fortieth, from the third on. */
const personFor = (ordinal: number): string => personAt(1, 3 + 40 * ordinal).email;

/** The points in an order that the seed says, so that a run which is cut short by its time box tries others than the last. */
export function shuffledPoints(seed: number): readonly string[] {
  const rank = (point: string) => createHash('sha256').update(`${seed} ${point}`).digest('hex');
  return CRASH_POINTS.toSorted((a, b) => rank(a).localeCompare(rank(b)));
}

/**
 * Erases a person of the sample for each point and has the worker die at one point after the other, whoever comes by; the
 * erasures before go on meanwhile, for a death costs each that is under way some twenty seconds. Then everything must be
 * there, once. Takes on no further point after `until`, by performance.now(); answers those at which it died.
 */
export async function eraseThroughCrashes(
  erasing: ErasingStack,
  points: readonly string[],
  until = Number.POSITIVE_INFINITY,
): Promise<readonly string[]> {
  const { adminUrl } = erasing.stack.settings;
  const before = await readCrm(adminUrl);
  const died: string[] = [];
  const underWay: Promise<string>[] = [];
  for (const [ordinal, point] of points.entries()) {
    if (performance.now() > until) break;
    await erasing.arm(point);
    const erased = eraseOne(erasing, ordinal);
    // Told below, with the others.
    erased.catch(() => undefined);
    underWay.push(erased);
    await expect
      .poll(() => erasing.hasDied(), { timeout: 120_000, interval: 50, message: `somebody comes by ${point}` })
      .toBe(true);
    died.push(point);
  }
  await expectProven(adminUrl, before, await Promise.all(underWay));
  return died;
}

/** Answers the request, which has ended right. */
async function eraseOne({ people }: ErasingStack, ordinal: number): Promise<string> {
  const [client] = people;
  const { id } = await fileRequest(client, erasureRequest([{ type: 'email', value: personFor(ordinal) }]));
  const ended = inStatus('completed', 'partially_completed', 'cancelled');
  // As often as it is asked: what was approved may have to be planned again.
  const waits = inStatus('awaiting_approval');
  for (;;) {
    const view = await waitForRequest(client, id, (each) => waits(each) || ended(each), 300_000);
    if (ended(view)) {
      expect(['fulfilled', 'partially_fulfilled']).toContain(view.outcome);
      return id;
    }
    await approveAll(people, id);
    await waitForRequest(client, id, (each) => !waits(each), 120_000);
  }
}
