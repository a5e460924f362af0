/**
 * The search for one person in databases of very different size: it follows the person's own rows by indexes, so the
 * database around them should not matter.
 */
import { join } from 'node:path';
import { grantReader } from '../dev/databases.ts';
import { PROJECT } from '../dev/home.ts';
import { createSampleCrm } from '../dev/sample-crm/create.ts';
import { SHOWCASE_PERSON } from '../dev/sample-crm/people.ts';
import type { SearchWork } from './lookup-growth/search-child.ts';
import { inChild } from './support/child.ts';
import { resultOf } from './support/result.ts';
import type { Pair, Result } from './support/result.ts';
import { withConnection, withSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import type { Bench } from './support/suite.ts';

const SIZES = { full: [100_000, 1_000_000, 10_000_000], quick: [10_000, 30_000, 100_000] } as const;
/** Some; the rows are counted afterwards. Those of the other workspace, which has a tenth as many people, are among them. */
const ROWS_PER_PERSON = 15;
const MOST_GROWTH = 1.3;

export function lookupGrowth(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const databases: SizedDatabase[] = [];
    for (const rows of bench.quick ? SIZES.quick : SIZES.full) databases.push(await load(site, bench, rows));
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
    const [smallest, ...larger] = databases;
    if (!smallest) throw new TypeError('The suite has sizes.');
    return larger.map((database, index) => growthResult(smallest, database, rounds, index + 1));
  });
}

interface SizedDatabase {
  readonly rows: number;
  readonly url: string;
}

/** Answers what was really written. */
async function load(site: Site, { log }: Bench, rows: number): Promise<SizedDatabase> {
  const owner = await site.createSource(`crm_${rows}`);
  await createSampleCrm({
    url: owner,
    mediaFolder: site.home.path('crm-media'),
    people: Math.ceil(rows / ROWS_PER_PERSON),
    log,
  });
  await grantReader(owner);
  return { rows: await countRows(owner), url: site.asReader(owner) };
}

/** Freezes on the way, or a search would do it for the first time it looks at a page. */
function countRows(url: string): Promise<number> {
  return withConnection(url, async (client) => {
    await client.query('VACUUM (FREEZE, ANALYZE)');
    const { rows } = await client.query<{ rows: number }>(
      `SELECT sum(reltuples)::float8 AS rows FROM pg_class WHERE relkind = 'r' AND relnamespace = 'app'::regnamespace`,
    );
    return rows[0]?.rows ?? 0;
  });
}

function growthResult(
  smallest: SizedDatabase,
  larger: SizedDatabase,
  rounds: readonly (readonly number[])[],
  index: number,
): Result {
  const pairs = rounds.map((times): Pair => {
    return { ours: times[index] ?? Number.NaN, reference: times[0] ?? Number.NaN };
  });
  const name = `the same person among ${millions(larger)} and ${millions(smallest)} million rows`;
  const note =
    'planSearch and withSnapshot by email and external id, key tables made and dropped, in a connected process; the same person with the same rows (checked). Ours: in the larger database, reference: in the smaller. A round is the median of 15 searches.';
  return resultOf({ name, unit: 'ms', target: { bound: 'at most', ratio: MOST_GROWTH }, note }, pairs);
}

const millions = ({ rows }: SizedDatabase): string => (rows / 1e6).toPrecision(2);
