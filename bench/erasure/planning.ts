/** What planning an erasure costs in databases of very different size: it goes by the person's own rows. */
import { CRM_SCHEDULE } from '../../dev/config-file.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { readScheduleFile } from '../../data-map/schedule/load.ts';
import { loadConfig } from '../../platform/config.ts';
import { inChild } from '../support/child.ts';
import type { Customer } from '../support/customer.ts';
import { fileLocating } from '../support/requests.ts';
import { resultOf } from '../support/result.ts';
import type { Pair, Result } from '../support/result.ts';
import type { Site } from '../support/site.ts';
import { loadSource } from '../support/sized-sources.ts';
import type { SizedSource } from '../support/sized-sources.ts';
import type { Bench } from '../support/suite.ts';
import type { PlannedDatabase, PlanWork } from './plan-child.ts';
import { activate } from './source.ts';

const DATABASES = { full: [100_000, 1_000_000, 10_000_000], quick: [10_000, 30_000, 100_000] } as const;
const MOST_GROWTH = 1.3;

export async function planningCosts(site: Site, customer: Customer, bench: Bench): Promise<readonly Result[]> {
  const config = loadConfig({ ...process.env, STEWARD_CONFIG: site.configFile });
  await activate(site, await readScheduleFile(CRM_SCHEDULE), config.dataMap);
  const databases: SizedSource[] = [];
  for (const rows of bench.quick ? DATABASES.quick : DATABASES.full)
    databases.push(await loadSource(site, rows, bench.log));
  bench.log('Planning …');
  const planned: PlannedDatabase[] = [];
  for (const { url, eraseUrl } of databases) {
    // No telephone number: in a large database others have the same.
    const request = await fileLocating(customer, 'erasure', [
      { type: 'email', value: SHOWCASE_PERSON.email },
      { type: 'external_id', value: SHOWCASE_PERSON.externalId },
    ]);
    planned.push({ configFile: site.configFile, url, eraseUrl, request });
  }
  const task = { databases: planned, rounds: bench.rounds };
  const rounds = await inChild<PlanWork>(new URL('./plan-child.ts', import.meta.url), task);
  const [smallest, ...larger] = databases;
  if (!smallest) throw new TypeError('The suite has sizes.');
  return larger.map((database, index) => planningResult(smallest, database, rounds, index + 1));
}

function planningResult(
  smallest: SizedSource,
  larger: SizedSource,
  rounds: readonly (readonly number[])[],
  index: number,
): Result {
  const pairs = rounds.map((times): Pair => {
    return { ours: times[index] ?? Number.NaN, reference: times[0] ?? Number.NaN };
  });
  const name = `planning for the same person among ${millions(larger)} and ${millions(smallest)} million rows`;
  const note =
    'planErasure by email and external id under the sample CRM’s schedule, in a connected process; the same person with the same rows and decisions (checked). Ours: in the larger database, reference: in the smaller. A round is the median of 7 plans.';
  return resultOf({ name, unit: 'ms', target: { bound: 'at most', ratio: MOST_GROWTH }, note }, pairs);
}

const millions = ({ rows }: SizedSource): string => (rows / 1e6).toPrecision(2);
