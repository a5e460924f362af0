/** Searches for the same person in several databases in turns. */
import { withSnapshot } from '../../activities/plan-runner.ts';
import { loadDataMap } from '../../data-map/load.ts';
import { planSearch } from '../../data-map/plan.ts';
import type { Plan } from '../../data-map/plan.ts';
import type { Identity } from '../../domain/identities.ts';
import { openSources } from '../../platform/sources.ts';
import type { Sources } from '../../platform/sources.ts';
import { perform } from '../support/child.ts';
import { spreadOf } from '../support/statistics.ts';

interface SearchTask {
  /** URLs of the databases, all with the same schema. */
  readonly urls: readonly string[];
  readonly dataMap: string;
  readonly tenantKey: string;
  readonly identities: readonly Identity[];
  readonly rounds: number;
}

const SOURCE = 'crm';
/** A search takes milliseconds, so a round is the median of several. */
const SEARCHES = 15;

export type SearchWork = typeof work;

/** Answers milliseconds, a list a round with a number for each database. */
async function work(task: SearchTask): Promise<readonly (readonly number[])[]> {
  const plan = planSearch(await loadDataMap([task.dataMap]), SOURCE, task.identities);
  const databases = task.urls.map((url) => openSources([{ name: SOURCE, kind: 'postgres', url }]));
  try {
    await requireSameRows(databases, plan, task.tenantKey);
    const rounds: number[][] = [];
    for (let round = 0; round < task.rounds; round += 1) {
      rounds.push(await oneRound(databases, plan, task.tenantKey, round % databases.length));
    }
    return rounds;
  } finally {
    await Promise.all(databases.map((sources) => sources.close()));
  }
}

perform(work);

/** Begins with another database each round. */
async function oneRound(
  databases: readonly Sources[],
  plan: Plan,
  tenantKey: string,
  first: number,
): Promise<number[]> {
  const taken = databases.map((): number[] => []);
  for (let search = 0; search < SEARCHES; search += 1) {
    for (let turn = 0; turn < databases.length; turn += 1) {
      const index = (first + turn) % databases.length;
      const sources = databases[index];
      if (!sources) throw new RangeError(`There is no database ${index}.`);
      const started = performance.now();
      await find(sources, plan, tenantKey);
      taken[index]?.push(performance.now() - started);
    }
  }
  return taken.map((times) => spreadOf(times).median);
}

function find(sources: Sources, plan: Plan, tenantKey: string): Promise<string> {
  return sources.withSource(SOURCE, (client) =>
    withSnapshot(client, plan, tenantKey, async ({ counts }) => JSON.stringify(counts)),
  );
}

/** The same person has the same rows everywhere, or the times are of different work. Also the warm-up. */
async function requireSameRows(databases: readonly Sources[], plan: Plan, tenantKey: string): Promise<void> {
  const found: string[] = [];
  for (const sources of databases) found.push(await find(sources, plan, tenantKey));
  if (new Set(found).size !== 1) throw new Error(`The databases do not have the same person: ${found.join(' ')}`);
  const rows = Object.values(JSON.parse(found[0] ?? '{}') as Record<string, number>).reduce(
    (sum, each) => sum + each,
    0,
  );
  if (rows === 0) throw new Error('The person was not found.');
}
