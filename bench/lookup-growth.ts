/**
 * The search for one person in databases of very different size: it follows the person's own rows by indexes, so the
 * database around them should not matter.
 */
import { join } from 'node:path';
import { PROJECT } from '../dev/home.ts';
import { SHOWCASE_PERSON } from '../dev/sample-crm/people.ts';
import type { SearchWork } from './lookup-growth/search-child.ts';
import { inChild } from './support/child.ts';
import { growthResults } from './support/growth.ts';
import type { Result } from './support/result.ts';
import { withSite } from './support/site.ts';
import { loadSource } from './support/sized-sources.ts';
import type { SizedSource } from './support/sized-sources.ts';
import type { Bench } from './support/suite.ts';

const SIZES = { full: [100_000, 1_000_000, 10_000_000], quick: [10_000, 30_000, 100_000] } as const;
const NOTE =
  'planSearch and withSnapshot by email and external id, key tables made and dropped, in a connected process; the same person with the same rows (checked). Ours: in the larger database, reference: in the smaller. A round is the median of 15 searches.';

export function lookupGrowth(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const databases: SizedSource[] = [];
    for (const rows of bench.quick ? SIZES.quick : SIZES.full) databases.push(await loadSource(site, rows, bench.log));
    bench.log('Searching …');
    const rounds = await inChild<SearchWork>(new URL('./lookup-growth/search-child.ts', import.meta.url), {
      urls: databases.map(({ url }) => url),
      dataMap: join(PROJECT, 'data-map', 'maps', 'crm.dataset.yml'),
      tenantKey: SHOWCASE_PERSON.workspaceId,
      // No telephone number: in a large database others have the same.
      identities: [
        { type: 'email', value: SHOWCASE_PERSON.email },
        { type: 'external_id', value: SHOWCASE_PERSON.externalId },
      ],
      rounds: bench.rounds,
    });
    return growthResults(databases, rounds, { what: 'the same person', note: NOTE });
  });
}
