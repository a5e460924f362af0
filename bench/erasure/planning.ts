/** What planning an erasure costs in databases of very different size: it goes by the person's own rows. */
import { CRM_SCHEDULE } from '../../dev/config-file.ts';
import { SHOWCASE_PERSON } from '../../dev/sample-crm/people.ts';
import { readScheduleFile } from '../../data-map/schedule/load.ts';
import { loadConfig } from '../../platform/config.ts';
import { inChild } from '../support/child.ts';
import type { Customer } from '../support/customer.ts';
import { growthResults } from '../support/growth.ts';
import { fileLocating } from '../support/requests.ts';
import type { Result } from '../support/result.ts';
import type { Site } from '../support/site.ts';
import { loadSource } from '../support/sized-sources.ts';
import type { SizedSource } from '../support/sized-sources.ts';
import type { Bench } from '../support/suite.ts';
import type { PlannedDatabase, PlanWork } from './plan-child.ts';
import { activate } from './source.ts';

const DATABASES = { full: [100_000, 1_000_000, 10_000_000], quick: [10_000, 30_000, 100_000] } as const;
const NOTE =
  'planErasure by email and external id under the sample CRM’s schedule, in a connected process; the same person with the same rows and decisions (checked). Ours: in the larger database, reference: in the smaller. A round is the median of 7 plans.';

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
  return growthResults(databases, rounds, { what: 'planning for the same person', note: NOTE });
}
