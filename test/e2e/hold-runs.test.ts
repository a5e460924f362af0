/** What the runs of a hold do with each answer that their steps can give; what the steps do is tested with them. */
import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { workflowCode } from '../../activities/workers.ts';
import type { HoldConfirmed, HoldRef } from '../../domain/holds.ts';
import type { ReviewedWorkspace } from '../../domain/retention/review.ts';
import { TASK_QUEUES, holdPlacementId, holdReleaseId } from '../../domain/ids.ts';
import { loadConfig } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { prepareNamespace } from '../../platform/temporal/namespace.ts';
import { registerNamespace } from '../support/plain-namespace.ts';

const NAMESPACE = 'hold-runs';
let temporal: Temporal;
let stop: () => Promise<void>;
/** By hold: the steps that were taken, and what is answered, one after the other. */
const steps = new Map<string, string[]>();
const answers = new Map<string, number[]>();
const released = new Set<string>();
/** By workspace; each has one. */
const holdIn = new Map<string, string>();

beforeAll(async () => {
  const config = loadConfig({ STEWARD_CONFIG: inject('stack').configFile });
  const settings = { ...config.temporal, namespace: NAMESPACE };
  await registerNamespace(settings.address, NAMESPACE);
  await prepareNamespace(settings);
  temporal = openTemporal(settings, await loadKeyRing(config.keys.file), {});
  const connection = await NativeConnection.connect({ address: settings.address });
  const common = { connection, namespace: NAMESPACE, activities: ACTIVITIES };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: TASK_QUEUES.core, ...workflowCode() }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.outbound }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  stop = async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await Promise.all([connection.close(), temporal.close()]);
  };
});
afterAll(() => stop());

const take = ({ holdId }: HoldRef, step: string): number => {
  steps.get(holdId)?.push(step);
  return answers.get(holdId)?.shift() ?? 0;
};

const ACTIVITIES = {
  raiseFences: async (ref: HoldRef) => ({ pending: take(ref, 'raiseFences') }),
  settleRelease: async (ref: HoldRef) => ({ waiting: take(ref, 'settleRelease') }),
  confirmHold: async (ref: HoldRef): Promise<HoldConfirmed> => {
    steps.get(ref.holdId)?.push('confirmHold');
    return { state: released.has(ref.holdId) ? 'released' : 'effective' };
  },
  tellRelease: async (ref: HoldRef) => void steps.get(ref.holdId)?.push('tellRelease'),
  continueRequests: async ({ workspaceId }: ReviewedWorkspace) => {
    steps.get(holdIn.get(workspaceId) ?? '')?.push('continueRequests');
    return { continued: 0 };
  },
};

function newHold(...answered: readonly number[]): HoldRef {
  const holdId = randomUUID();
  steps.set(holdId, []);
  answers.set(holdId, [...answered]);
  const workspaceId = randomUUID();
  holdIn.set(workspaceId, holdId);
  return { workspaceId, holdId };
}

const runOf = (workflowId: string) => temporal.client.workflow.getHandle(workflowId);
const isFlagged = async (workflowId: string) =>
  (await runOf(workflowId).describe()).searchAttributes['StewardNeedsAttention']?.[0];

describe.concurrent('the run of a hold', () => {
  it('tells the sources until each knows, is flagged while one does not, and confirms it once', async () => {
    const ref = newHold(2, 1, 1, 0);
    const id = holdPlacementId(ref.holdId);
    await temporal.startHoldPlacement(ref);
    await expect.poll(() => isFlagged(id), { interval: 200 }).toBe(true);
    expect(steps.get(ref.holdId)).not.toContain('confirmHold');
    await runOf(id).result();
    expect(steps.get(ref.holdId)).toEqual([...Array.from({ length: 4 }, () => 'raiseFences'), 'confirmHold']);
    expect(await isFlagged(id)).toBe(false);
  });

  it('is started once, however often it is asked for', async () => {
    const ref = newHold();
    for (let n = 0; n < 3; n += 1) await temporal.startHoldPlacement(ref);
    await runOf(holdPlacementId(ref.holdId)).result();
    await temporal.startHoldPlacement(ref);
    expect(steps.get(ref.holdId)).toEqual(['raiseFences', 'confirmHold']);
  });

  it('says that it was released, when that came before every source was told', async () => {
    const ref = newHold();
    released.add(ref.holdId);
    await temporal.startHoldPlacement(ref);
    const run = runOf(holdPlacementId(ref.holdId));
    await run.result();
    expect((await run.describe()).searchAttributes['StewardStatus']).toEqual(['released']);
  });

  it('after its release tells people first, looks until no erasure is open that was weighed with it, and has requests go on', async () => {
    const ref = newHold(1, 0);
    await temporal.startHoldRelease(ref);
    await runOf(holdReleaseId(ref.holdId)).result();
    expect(steps.get(ref.holdId)).toEqual(['tellRelease', 'settleRelease', 'settleRelease', 'continueRequests']);
  });
});
