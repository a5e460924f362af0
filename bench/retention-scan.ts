/**
 * The daily retention review in tables of very different size: it goes by the indexes over what periods begin with, so that
 * what is due should matter and not what is there.
 */
import { inChild } from './support/child.ts';
import { openCustomer } from './support/customer.ts';
import type { ReviewWork } from './retention-scan/review-child.ts';
import { ageRecords, loadRecords, prepareMap } from './retention-scan/source.ts';
import type { ScannedSource } from './retention-scan/source.ts';
import { resultOf } from './support/result.ts';
import type { Result } from './support/result.ts';
import { withSite } from './support/site.ts';
import type { Bench } from './support/suite.ts';

const SIZES = { full: [1_000_000, 10_000_000], quick: [10_000, 100_000] } as const;
/** Of the rows. */
const DUE = 0.001;
const MOST_GROWTH = 1.3;

export function retentionScan(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const customer = await openCustomer(site, ['retention:write']);
    try {
      const mapFile = await prepareMap(site);
      const [few, many] = bench.quick ? SIZES.quick : SIZES.full;
      bench.log(`Writing ${count(few)} and ${count(many)} …`);
      const small = await loadRecords(site, mapFile, few, few * DUE);
      const large = await loadRecords(site, mapFile, many, few * DUE);
      const same = await reviewed(bench, [small, few * DUE], [large, few * DUE]);
      await ageRecords(large, many * DUE);
      const more = await reviewed(bench, [small, few * DUE], [large, many * DUE]);
      return [sameResult(small, large, same), moreResult(small, large, more)];
    } finally {
      await customer.close();
    }
  });
}

type Sized = readonly [source: ScannedSource, due: number];

function reviewed({ log, rounds }: Bench, ...sized: readonly Sized[]): Promise<readonly (readonly number[])[]> {
  log(`Reviewing, with ${sized.map(([{ rows }, due]) => `${due} of ${count(rows)} due`).join(' and ')} …`);
  const databases = sized.map(([source, due]) => ({ ...source, due }));
  return inChild<ReviewWork>(new URL('./retention-scan/review-child.ts', import.meta.url), { databases, rounds });
}

const NOTE =
  'a whole review of one workspace that owns all rows, from the requests that go on to the signed report: what is due is found, weighed and proposed, none of it erased; without the forecast, which a week’s reviews share; in a connected process, what was found is checked. A round is the median of 5 reviews.';

function sameResult(small: ScannedSource, large: ScannedSource, rounds: readonly (readonly number[])[]): Result {
  const name = `${count(small.rows * DUE)} due among ${count(large.rows)} and among ${count(small.rows)}`;
  const target = { bound: 'at most', ratio: MOST_GROWTH } as const;
  const pairs = rounds.map(([reference = Number.NaN, ours = Number.NaN]) => ({ ours, reference }));
  return resultOf({ name, unit: 'ms', target, note: `ours: the larger table, reference: the smaller; ${NOTE}` }, pairs);
}

function moreResult(small: ScannedSource, large: ScannedSource, rounds: readonly (readonly number[])[]): Result {
  const name = `${DUE * 100} % due of ${count(large.rows)} and of ${count(small.rows)}, a due row`;
  const target = { bound: 'at most', ratio: MOST_GROWTH } as const;
  const pairs = rounds.map(([reference = Number.NaN, ours = Number.NaN]) => ({
    ours: (ours * 1000) / (large.rows * DUE),
    reference: (reference * 1000) / (small.rows * DUE),
  }));
  return resultOf({ name, unit: 'µs', target, note: `ours: the larger table, reference: the smaller; ${NOTE}` }, pairs);
}

const count = (rows: number): string => `${rows.toLocaleString('en')} rows`;
