/** Reviews what is retained in several databases in turns, as the daily run does. */
import type { Control } from '../../activities/packaging/control.ts';
import { createRetentionReviewActivities, surveyRetention } from '../../activities/retention-review.ts';
import { reviewClass } from '../../activities/retention/review-class.ts';
import { openDependencies } from '../../activities/workers.ts';
import type { Dependencies } from '../../activities/workers.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import type { SourceConfig } from '../erasure/source-config.ts';
import { configOf } from '../erasure/source-config.ts';
import { perform } from '../support/child.ts';
import { spreadOf } from '../support/statistics.ts';

interface ReviewTask {
  readonly databases: readonly (SourceConfig & { readonly due: number })[];
  readonly rounds: number;
}

/** A review takes a fraction of a second, so a round is the median of several. */
const REVIEWS = 5;

const control: Control = { signal: new AbortController().signal, beat: () => () => undefined };

export type ReviewWork = typeof work;

/** Answers milliseconds, a list a round with a number for each database. */
async function work({ databases, rounds: count }: ReviewTask): Promise<readonly (readonly number[])[]> {
  const opened: { readonly deps: Dependencies; readonly due: number }[] = [];
  for (const each of databases) opened.push({ deps: await openDependencies(configOf(each)), due: each.due });
  try {
    // The warm-up, and the forecast that the reviews of a week share.
    for (const { deps, due } of opened) await reviewOnce(deps, due);
    const rounds: number[][] = [];
    for (let round = 0; round < count; round += 1) {
      const taken = opened.map((): number[] => []);
      for (let turn = 0; turn < REVIEWS * opened.length; turn += 1) {
        const index = (round + turn) % opened.length;
        const one = opened[index];
        if (!one) throw new RangeError(`There is no database ${index}.`);
        const started = performance.now();
        await reviewOnce(one.deps, one.due);
        taken[index]?.push(performance.now() - started);
      }
      rounds.push(taken.map((times) => spreadOf(times).median));
    }
    return rounds;
  } finally {
    await Promise.all(opened.map(({ deps }) => deps.close()));
  }
}

perform(work);

/** Finds, weighs and proposes, with its report; nothing is approved, so that the next one finds the same. */
async function reviewOnce(deps: Dependencies, due: number): Promise<void> {
  const { workspaceId } = SHOWCASE_PERSON;
  const activities = createRetentionReviewActivities(deps);
  await activities.continueRequests({ workspaceId });
  const { reviewId } = await activities.openRetentionReview({ workspaceId });
  const ref = { workspaceId, reviewId };
  const { classes } = await surveyRetention(deps, ref, control);
  for (const recordClass of classes) await reviewClass(deps, { ...ref, recordClass }, control);
  const finished = await activities.finishRetentionReview(ref, []);
  if (finished.due !== due) throw new Error(`${finished.due} rows were found due, not ${due}.`);
}
