/** Where a worker can die while it erases: before and after every activity, and inside what writes. */
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

export const CRASH_POINTS: readonly string[] = [
  ...ACTIVITIES.flatMap((activity) => [`before.${activity}`, `after.${activity}`]),
  ...INSIDE,
];

/** People who have objects in the store, so that every point is reached: the sample's every fortieth, from the third on. */
const personFor = (ordinal: number): string => personAt(1, 3 + 40 * ordinal).email;

/** Erases one person of the sample and has the worker die at the point; then everything must be there, once. */
export async function eraseThroughCrash(
  { stack, people, arm, hasDied }: ErasingStack,
  point: string,
  ordinal: number,
): Promise<void> {
  const { adminUrl } = stack.settings;
  const [client] = people;
  const before = await readCrm(adminUrl);
  await arm(point);
  const identities = [{ type: 'email', value: personFor(ordinal) }];
  const { id } = await fileRequest(client, erasureRequest(identities));
  const ended = inStatus('completed', 'partially_completed', 'cancelled');
  const waits = inStatus('awaiting_approval');
  const { status } = await waitForRequest(client, id, (view) => waits(view) || ended(view), 150_000);
  if (status === 'awaiting_approval') await approveAll(people, id);
  const { outcome } = await waitForRequest(client, id, ended, 200_000);
  if (outcome !== 'fulfilled' && outcome !== 'partially_fulfilled') throw new Error(`It ended as ${outcome}.`);
  if (!hasDied()) throw new Error(`Nothing came by ${point}.`);
  await expectProven(adminUrl, before, [id]);
}
