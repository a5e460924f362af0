/** Plans the erasure of the same person in several databases in turns. */
import { planErasure } from '../../activities/erasure-plan.ts';
import type { Control } from '../../activities/packaging/control.ts';
import { openDependencies } from '../../activities/workers.ts';
import type { Dependencies } from '../../activities/workers.ts';
import type { ErasurePlanned } from '../../domain/erasure.ts';
import type { RequestRef } from '../../domain/runs.ts';
import { perform } from '../support/child.ts';
import { spreadOf } from '../support/statistics.ts';
import { configOf } from './source-config.ts';
import type { SourceConfig } from './source-config.ts';

export interface PlannedDatabase extends SourceConfig {
  readonly request: RequestRef;
}

interface PlanTask {
  /** All with the same schema. */
  readonly databases: readonly PlannedDatabase[];
  readonly rounds: number;
}

interface Planner {
  readonly deps: Dependencies;
  readonly request: RequestRef;
}

/** A plan takes a fraction of a second, so a round is the median of several. */
const PLANS = 7;

const control: Control = { signal: new AbortController().signal, beat: () => () => undefined };

export type PlanWork = typeof work;

/** Answers milliseconds, a list a round with a number for each database. */
async function work({ databases, rounds: count }: PlanTask): Promise<readonly (readonly number[])[]> {
  const planners: Planner[] = [];
  for (const each of databases) planners.push({ deps: await openDependencies(configOf(each)), request: each.request });
  try {
    await requireSameRows(planners);
    const rounds: number[][] = [];
    for (let round = 0; round < count; round += 1) rounds.push(await oneRound(planners, round % planners.length));
    return rounds;
  } finally {
    await Promise.all(planners.map(({ deps }) => deps.close()));
  }
}

perform(work);

/** Begins with another database each round. */
async function oneRound(planners: readonly Planner[], first: number): Promise<number[]> {
  const taken = planners.map((): number[] => []);
  for (let plan = 0; plan < PLANS; plan += 1) {
    for (let turn = 0; turn < planners.length; turn += 1) {
      const index = (first + turn) % planners.length;
      const planner = planners[index];
      if (!planner) throw new RangeError(`There is no database ${index}.`);
      const started = performance.now();
      await planOnce(planner);
      taken[index]?.push(performance.now() - started);
    }
  }
  return taken.map((times) => spreadOf(times).median);
}

const planOnce = ({ deps, request }: Planner): Promise<ErasurePlanned> => planErasure(deps, request, control);

/** The same person has the same rows everywhere, or the times are of different work. Also the warm-up. */
async function requireSameRows(planners: readonly Planner[]): Promise<void> {
  const found: string[] = [];
  for (const planner of planners) {
    const { erase, pseudonymise, retain } = await planOnce(planner);
    if (erase + pseudonymise + retain === 0) throw new Error('The person was not found.');
    found.push(JSON.stringify({ erase, pseudonymise, retain }));
  }
  if (new Set(found).size !== 1) throw new Error(`The databases do not have the same person: ${found.join(' ')}`);
}
