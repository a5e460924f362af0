/**
 * The erasure of one person: against deleting the same rows by hand, with its memory over the number of rows, and what
 * planning it costs in databases of very different size.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EraseMeasurement, EraseWork } from './erasure/erase-child.ts';
import { insertPerson, newPerson } from './erasure/people.ts';
import type { ErasedPerson, Spread } from './erasure/people.ts';
import { planningCosts } from './erasure/planning.ts';
import type { ReferenceMeasurement, ReferenceWork, Way } from './erasure/reference-child.ts';
import { makeSource } from './erasure/source.ts';
import type { SourceConfig } from './erasure/source-config.ts';
import { openWriter } from './erasure/writer.ts';
import { inChild } from './support/child.ts';
import { openCustomer } from './support/customer.ts';
import type { Customer } from './support/customer.ts';
import { fileLocating } from './support/requests.ts';
import { resultOf } from './support/result.ts';
import type { Pair, Result } from './support/result.ts';
import { inTurns } from './support/rounds.ts';
import type { Round } from './support/rounds.ts';
import { withConnection, withSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import { percentile } from './support/statistics.ts';
import type { Bench } from './support/suite.ts';

const SIZES = { full: [10, 10_000, 100_000, 1_000_000], quick: [10, 1_000, 10_000, 50_000] } as const;
/** Of the rows a second of the references, with the two largest sizes. */
const LEAST_RATES: Readonly<Record<Way, number>> = { keys: 0.5, bare: 0.2 };
const LEAST_ROWS_A_SECOND = 200_000;
const MOST_SLOPE = 1.05;
const MIB = 2 ** 20;
const WRITING_ALONE_MS = 5_000;
/** Enough that no collection of those that it has is empty. */
const WARM_UP_ROWS = 100;

interface Contest {
  readonly site: Site;
  readonly customer: Customer;
  readonly bench: Bench;
  readonly source: SourceConfig;
}

/** Two by hand, each in its way. */
type Turn = Round<{ ours: EraseMeasurement } & Record<Way, ReferenceMeasurement>>;

export function erasure(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const customer = await openCustomer(site, ['requests:write']);
    try {
      const contest = { site, customer, bench, source: await makeSource(site, bench) };
      const erased = await againstDeletes(contest);
      const alone = await withoutChildren(contest);
      const beside = await besideTheProduct(contest);
      return [...erased, alone, beside, ...(await planningCosts(site, customer, bench))];
    } finally {
      await customer.close();
    }
  });
}

async function againstDeletes(contest: Contest): Promise<readonly Result[]> {
  const { bench } = contest;
  const results: Result[] = [];
  const sizes = bench.quick ? SIZES.quick : SIZES.full;
  const taken: (readonly Turn[])[] = [];
  for (const [index, rows] of sizes.entries()) {
    const turns = await takeTurns(contest, rows);
    taken.push(turns);
    results.push(...rateResults(rows, turns, index >= sizes.length - 2));
  }
  const [few = 0, many = 0] = sizes.slice(-2);
  const [ofFew = [], ofMany = []] = taken.slice(-2);
  return [...results, peakResult([few, many], ofFew, ofMany)];
}

async function takeTurns(contest: Contest, rows: number): Promise<readonly Turn[]> {
  contest.bench.log(`${count(rows)} …`);
  const turns: readonly Turn[] = await inTurns(
    {
      ours: () => eraseOnce(contest, rows, 'all'),
      keys: () => deleteOnce(contest, 'keys', rows),
      bare: () => deleteOnce(contest, 'bare', rows),
    },
    contest.bench.rounds,
  );
  for (const turn of turns) for (const each of Object.values(turn)) requireRows(rows, each);
  return turns;
}

async function withoutChildren(contest: Contest): Promise<Result> {
  const [, , rows] = contest.bench.quick ? SIZES.quick : SIZES.full;
  contest.bench.log(`${count(rows)} in collections without children …`);
  const taken: EraseMeasurement[] = [];
  for (let round = 0; round < contest.bench.rounds; round += 1) taken.push(await eraseOnce(contest, rows, 'childless'));
  const note =
    'ours: eraseRecords alone (search, weighing and freezing once more, then the batches with their ledger), of rows that nothing refers to; reference: the least that it may be.';
  const target = { bound: 'at least', ratio: 1 } as const;
  const pairs = taken.map(({ erasingSeconds }): Pair => {
    return { ours: rows / erasingSeconds, reference: LEAST_ROWS_A_SECOND };
  });
  return resultOf({ name: `${count(rows)}, plain deletes with their evidence`, unit: 'rows/s', target, note }, pairs);
}

/** What the product waits for its own writes while somebody's rows are erased beside it. */
async function besideTheProduct(contest: Contest): Promise<Result> {
  const [, , rows] = contest.bench.quick ? SIZES.quick : SIZES.full;
  contest.bench.log(`Writing beside the erasure of ${count(rows)} …`);
  const pairs: Pair[] = [];
  for (let round = 0; round < contest.bench.rounds; round += 1) {
    const writer = await openWriter(contest.site);
    const alone = performance.timeOrigin + performance.now();
    await delay(WRITING_ALONE_MS);
    const { erasingFrom, erasingTo } = await eraseOnce(contest, rows, 'all');
    const waits = await writer.close();
    const during = (from: number, to: number) => waits.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms);
    pairs.push({
      ours: percentile(during(erasingFrom, erasingTo), 0.99),
      reference: percentile(during(alone, alone + WRITING_ALONE_MS), 0.99),
    });
  }
  const name = `p99 of a writer beside the erasure of ${count(rows)}`;
  const note =
    'one connection that updates a row of somebody else and inserts another, in one transaction, a hundred times a second, in tables that are erased from; ours: while eraseRecords runs; reference: while nothing else does.';
  return resultOf({ name, unit: 'ms', note }, pairs);
}

async function eraseOnce(contest: Contest, rows: number, spread: Spread): Promise<EraseMeasurement> {
  const [small, person] = await insertTwo(contest, rows, spread);
  const [warmUp, request] = [await fileErasure(contest, small), await fileErasure(contest, person)];
  const task = { ...contest.source, warmUp, request };
  return inChild<EraseWork>(new URL('./erasure/erase-child.ts', import.meta.url), task);
}

async function deleteOnce(contest: Contest, way: Way, rows: number): Promise<ReferenceMeasurement> {
  const [warmUp, person] = await insertTwo(contest, rows, 'all');
  const task = { url: contest.site.databases.crm_owner, way, warmUp, person };
  return inChild<ReferenceWork>(new URL('./erasure/reference-child.ts', import.meta.url), task);
}

/** A small one for the warm-up, and the one that is timed. */
async function insertTwo(
  { site }: Contest,
  rows: number,
  spread: Spread,
): Promise<readonly [ErasedPerson, ErasedPerson]> {
  const two = [newPerson(WARM_UP_ROWS, spread), newPerson(rows, spread)] as const;
  await withConnection(site.databases.crm_owner, async (client) => {
    for (const person of two) await insertPerson(client, person);
  });
  return two;
}

const fileErasure = ({ customer }: Contest, { email }: ErasedPerson) =>
  fileLocating(customer, 'erasure', [{ type: 'email', value: email }]);

/** A contender that did not handle the same rows has done other work. */
function requireRows(rows: number, { rows: deleted }: { readonly rows: number }): void {
  if (deleted !== rows) throw new Error(`${deleted} rows were deleted, not ${rows}.`);
}

const WAYS: Readonly<Record<Way, string>> = {
  keys: 'DELETE … RETURNING keys',
  bare: 'bare DELETEs',
};
const WHAT_THEY_ARE: Readonly<Record<Way, string>> = {
  keys: 'DELETE … RETURNING id by 20,000 rows at most a statement and transaction, what hangs on others first, the keys read',
  bare: 'a DELETE a table, what hangs on others first, in one transaction',
};

const count = (rows: number): string => `${rows.toLocaleString('en')} rows`;

function rateResults(rows: number, turns: readonly Turn[], hasTarget: boolean): readonly Result[] {
  const tables = 'over 30 collections with the same foreign keys and indexes, others’ rows among them';
  const pairs = (way: Way, secondsOf: (ours: EraseMeasurement) => number): readonly Pair[] =>
    turns.map((turn) => ({ ours: rows / secondsOf(turn.ours), reference: rows / turn[way].seconds }));
  const erasing = (['keys', 'bare'] as const).map((way) => {
    const note = `${tables}; ours: eraseRecords and endErasure in a worker’s process, which search, weigh, freeze, erase with a ledger and keep a journal; reference: ${WHAT_THEY_ARE[way]}.`;
    const target = { bound: 'at least', ratio: LEAST_RATES[way] } as const;
    const name = `${count(rows)} against ${WAYS[way]}`;
    const seconds = (ours: EraseMeasurement): number => ours.erasingSeconds + ours.endingSeconds;
    return resultOf({ name, unit: 'rows/s', note, ...(hasTarget && { target }) }, pairs(way, seconds));
  });
  const note = `${tables}; ours: the same with planErasure and the approvals before it, which in life lie days apart; reference: ${WHAT_THEY_ARE.keys}.`;
  const name = `${count(rows)} with the plan for the review, against ${WAYS.keys}`;
  return [
    ...erasing,
    resultOf(
      { name, unit: 'rows/s', note },
      pairs('keys', (ours) => ours.seconds),
    ),
  ];
}

function peakResult([few, many]: readonly [number, number], ofFew: readonly Turn[], ofMany: readonly Turn[]): Result {
  const note = `the most resident memory of the process (VmHWM); ours: ${count(many)}, reference: ${count(few)}.`;
  const pairs = ofMany.map(({ ours }, round): Pair => {
    return { ours: ours.peakBytes / MIB, reference: (ofFew[round]?.ours.peakBytes ?? Number.NaN) / MIB };
  });
  const target = { bound: 'at most', ratio: MOST_SLOPE } as const;
  return resultOf({ name: `peak memory, ${count(few)} to ${count(many)}`, unit: 'MiB', target, note }, pairs);
}
