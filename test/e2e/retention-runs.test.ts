/** What the runs of the retention review do with each answer that their steps can give; what the steps do is tested with them. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WORKFLOWS_PATH } from '../../activities/bundle.ts';
import { TASK_QUEUES, WORKFLOWS, workspaceRetentionId } from '../../domain/ids.ts';
import type { ReviewProblem, ReviewRef, ReviewedClass, ReviewedWorkspace } from '../../domain/retention/review.ts';
import { loadConfig } from '../../platform/config.ts';
import { loadKeyRing } from '../../platform/key-ring.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { prepareNamespace } from '../../platform/temporal/namespace.ts';
import { registerNamespace } from '../support/plain-namespace.ts';

const NAMESPACE = 'retention-runs';
let temporal: Temporal;
let stop: () => Promise<void>;

interface Imagined {
  readonly steps: string[];
  readonly classes: readonly string[];
  /** By class: the code of the error with which its review fails. */
  readonly failing: Readonly<Record<string, string>>;
  readonly holdsToReview: number;
  /** Done while a class is reviewed. */
  readonly during: () => Promise<void>;
}

const imagined = new Map<string, Imagined>();
/** Workspaces as they are listed, a page at a time. */
let pages: readonly (readonly string[])[] = [];
let underWay = 0;
let mostUnderWay = 0;

const of = ({ workspaceId }: ReviewedWorkspace): Imagined => {
  const found = imagined.get(workspaceId);
  if (found === undefined) throw new Error('Nobody imagined this workspace.');
  return found;
};

const ACTIVITIES = {
  listWorkspaces: async (after: string) => {
    const index = pages.findIndex((page) => page.at(-1) === after) + 1;
    const workspaces = pages[index] ?? [];
    return { workspaces, next: index + 1 < pages.length ? workspaces.at(-1) : undefined };
  },
  continueRequests: async (ref: ReviewedWorkspace) => {
    of(ref).steps.push('continueRequests');
    return { continued: 0 };
  },
  openRetentionReview: async (ref: ReviewedWorkspace) => {
    of(ref).steps.push('open');
    return { reviewId: randomUUID() };
  },
  surveyRetention: async (ref: ReviewRef) => {
    const { classes, holdsToReview } = of(ref);
    return { classes, holdsToReview };
  },
  reviewClass: async (ref: ReviewedClass) => {
    const { steps, failing, during } = of(ref);
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    await during();
    underWay -= 1;
    steps.push(ref.recordClass);
    const type = failing[ref.recordClass];
    if (type !== undefined) throw ApplicationFailure.create({ message: 'It failed.', type });
    return { due: 0, retained: 0, waiting: 0 };
  },
  finishRetentionReview: async (ref: ReviewRef, errors: readonly ReviewProblem[]) => {
    const { steps, holdsToReview } = of(ref);
    steps.push(`finish ${errors.map(({ recordClass, problem }) => `${recordClass ?? 'all'}:${problem}`).join(',')}`);
    return { due: 0, erased: 0, retained: 0, waiting: 0, errors: errors.length, holdsToReview };
  },
};

beforeAll(async () => {
  const config = loadConfig({ STEWARD_CONFIG: inject('stack').configFile });
  const settings = { ...config.temporal, namespace: NAMESPACE };
  await registerNamespace(settings.address, NAMESPACE);
  await prepareNamespace(settings);
  temporal = openTemporal(settings, await loadKeyRing(config.keys.file), {});
  const connection = await NativeConnection.connect({ address: settings.address });
  const common = { connection, namespace: NAMESPACE, activities: ACTIVITIES };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: TASK_QUEUES.core, workflowsPath: WORKFLOWS_PATH }),
    Worker.create({ ...common, taskQueue: TASK_QUEUES.bulk }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  stop = async () => {
    for (const worker of workers) worker.shutdown();
    await running;
    await Promise.all([connection.close(), temporal.close()]);
  };
});
afterAll(() => stop());

function imagine(more: Partial<Imagined> = {}): string {
  const workspaceId = randomUUID();
  imagined.set(workspaceId, {
    steps: [],
    classes: ['a'],
    failing: {},
    holdsToReview: 0,
    during: async () => undefined,
    ...more,
  });
  return workspaceId;
}

const stepsOf = (workspaceId: string) => of({ workspaceId }).steps;
const runOf = (workflowId: string) => temporal.client.workflow.getHandle(workflowId);
const isFlagged = async (workflowId: string) =>
  (await runOf(workflowId).describe()).searchAttributes['StewardNeedsAttention']?.[0];

async function reviewAll(...listed: readonly (readonly string[])[]): Promise<string> {
  pages = listed;
  const workflowId = `retention-review-${randomUUID()}`;
  const options = { workflowId, taskQueue: TASK_QUEUES.core, args: [] };
  await (await temporal.client.workflow.start(WORKFLOWS.retentionReview, options)).result();
  return workflowId;
}

describe('the review of a workspace', () => {
  it('has requests go on first, reviews class by class, and ends with its report', async () => {
    const workspaceId = imagine({ classes: ['a', 'b'] });
    await temporal.reviewRetention(workspaceId);
    await runOf(workspaceRetentionId(workspaceId)).result();
    expect(stepsOf(workspaceId)).toEqual(['continueRequests', 'open', 'a', 'b', 'finish ']);
    expect(await isFlagged(workspaceRetentionId(workspaceId))).toBe(false);
  });

  it('goes on with the other classes when one fails, says so in the report, and is flagged', async () => {
    const workspaceId = imagine({ classes: ['a', 'b'], failing: { a: 'seal-broken' } });
    await temporal.reviewRetention(workspaceId);
    await runOf(workspaceRetentionId(workspaceId)).result();
    expect(stepsOf(workspaceId).slice(2)).toEqual(['a', 'b', 'finish a:seal-broken']);
    expect(await isFlagged(workspaceRetentionId(workspaceId))).toBe(true);
  });

  it('is flagged while a hold is past its day of review', async () => {
    const workspaceId = imagine({ classes: [], holdsToReview: 2 });
    await temporal.reviewRetention(workspaceId);
    await runOf(workspaceRetentionId(workspaceId)).result();
    expect(await isFlagged(workspaceRetentionId(workspaceId))).toBe(true);
  });

  it('looks once more when it is told of news meanwhile, and is one run however often it is asked for', async () => {
    let told = 0;
    const workspaceId: string = imagine({
      during: async () => {
        told += 1;
        if (told === 1) for (let n = 0; n < 3; n += 1) await temporal.reviewRetention(workspaceId);
      },
    });
    await temporal.reviewRetention(workspaceId);
    await runOf(workspaceRetentionId(workspaceId)).result();
    expect(stepsOf(workspaceId).filter((step) => step === 'open')).toHaveLength(2);
  });
});

describe('the review of all workspaces', () => {
  it('reviews each, page by page, and what fails in one keeps no other from it', async () => {
    const broken = imagine({ failing: { a: 'invalid-schedule' } });
    const others = Array.from({ length: 5 }, () => imagine());
    const id = await reviewAll([broken, ...others.slice(0, 2)], others.slice(2));
    for (const each of others) expect(stepsOf(each).at(-1)).toBe('finish ');
    expect(stepsOf(broken).at(-1)).toBe('finish a:invalid-schedule');
    expect(await isFlagged(id)).toBe(true);
  });

  it('has a few under way at a time, and one that is slow holds up nobody but itself', async () => {
    mostUnderWay = 0;
    const release = Promise.withResolvers<void>();
    const slow = imagine({ during: () => release.promise });
    const quick = Array.from({ length: 20 }, () => imagine());
    const all = reviewAll([slow, ...quick]);
    const areDone = () => quick.every((each) => stepsOf(each).includes('finish '));
    await expect.poll(areDone, { timeout: 30_000 }).toBe(true);
    expect(stepsOf(slow)).not.toContain('finish ');
    release.resolve();
    await all;
    expect(mostUnderWay).toBeLessThanOrEqual(8);
    expect(stepsOf(slow).at(-1)).toBe('finish ');
  });

  it('passes over a workspace whose review was started by hand and is under way', async () => {
    const release = Promise.withResolvers<void>();
    const busy = imagine({ during: () => release.promise });
    const other = imagine();
    await temporal.reviewRetention(busy);
    await expect.poll(() => stepsOf(busy).includes('open'), { timeout: 20_000 }).toBe(true);
    await reviewAll([busy, other]);
    expect(stepsOf(other).at(-1)).toBe('finish ');
    expect(stepsOf(busy).filter((step) => step === 'open')).toHaveLength(1);
    release.resolve();
    await runOf(workspaceRetentionId(busy)).result();
  });
});
