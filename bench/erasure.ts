/**
 * The erasure of one person: against deleting the same rows by hand, with its memory over the number of rows, and what
 * planning it costs in databases of very different size.
 */
import type { EraseMeasurement, EraseWork } from './erasure/erase-child.ts';
import { insertPerson, newPerson } from './erasure/people.ts';
import type { ErasedPerson, Spread } from './erasure/people.ts';
import { planningCosts } from './erasure/planning.ts';
import type { ReferenceMeasurement, ReferenceWork, Way } from './erasure/reference-child.ts';
import { makeSource } from './erasure/source.ts';
import type { SourceConfig } from './erasure/source-config.ts';
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
import type { Bench } from './support/suite.ts';

const SIZES = { full: [10, 10_000, 100_000, 1_000_000], quick: [10, 1_000, 10_000, 50_000] } as const;
/** Of the rows a second of the references, with the two largest sizes. */
const LEAST_RATES: Readonly<Record<Way, number>> = { keys: 0.5, bare: 0.2 };
const LEAST_ROWS_A_SECOND = 200_000;
const MOST_SLOPE = 1.05;
const MIB = 2 ** 20;
/** Enough that no collection of those that it has is empty. */
const WARM_UP_ROWS = 100;

interface Contest {
  readonly site: Site;
  readonly customer: Customer;
  readonly bench: Bench;
  readonly source: SourceConfig;
}

type Measured = EraseMeasurement | ReferenceMeasurement;
type Rounds = readonly Round<Measured>[];

export function erasure(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const customer = await openCustomer(site, ['requests:write']);
    try {
      const contest = { site, customer, bench, source: await makeSource(site, bench) };
      const erased = await againstDeletes(contest);
      const alone = await withoutChildren(contest);
      return [...erased, alone, ...(await planningCosts(site, customer, bench))];
    } finally {
      await customer.close();
    }
  });
}

async function againstDeletes(contest: Contest): Promise<readonly Result[]> {
  const { bench } = contest;
  const results: Result[] = [];
  const ofKeys: Rounds[] = [];
  const sizes = bench.quick ? SIZES.quick : SIZES.full;
  for (const [index, rows] of sizes.entries()) {
    const hasTarget = index >= sizes.length - 2;
    const keys = await against(contest, 'keys', rows);
    const bare = await against(contest, 'bare', rows);
    ofKeys.push(keys);
    results.push(rateResult(rows, 'keys', keys, hasTarget), rateResult(rows, 'bare', bare, hasTarget));
  }
  const [few = 0, many = 0] = sizes.slice(-2);
  const [ofFew = [], ofMany = []] = ofKeys.slice(-2);
  return [...results, peakResult([few, many], ofFew, ofMany)];
}

async function against(contest: Contest, way: Way, rows: number): Promise<Rounds> {
  contest.bench.log(`${count(rows)} against ${WAYS[way]} …`);
  const rounds = await inTurns<Measured>(
    { ours: () => eraseOnce(contest, rows, 'all'), reference: () => deleteOnce(contest, way, rows) },
    contest.bench.rounds,
  );
  requireRows(rows, rounds);
  return rounds;
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
function requireRows(rows: number, rounds: Rounds): void {
  for (const { ours, reference } of rounds)
    for (const each of [ours, reference])
      if (each.rows !== rows) throw new Error(`${each.rows} rows were deleted, not ${rows}.`);
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

function rateResult(rows: number, way: Way, rounds: Rounds, hasTarget: boolean): Result {
  const note = `over 30 collections with the same foreign keys and indexes, others' rows among them; ours: planErasure, approvals, eraseRecords and endErasure in a worker’s process, with evidence; reference: ${WHAT_THEY_ARE[way]}.`;
  const target = { bound: 'at least', ratio: LEAST_RATES[way] } as const;
  const pairs = rounds.map(({ ours, reference }): Pair => {
    return { ours: rows / ours.seconds, reference: rows / reference.seconds };
  });
  const name = `${count(rows)} against ${WAYS[way]}`;
  return resultOf({ name, unit: 'rows/s', note, ...(hasTarget && { target }) }, pairs);
}

function peakResult([few, many]: readonly [number, number], ofFew: Rounds, ofMany: Rounds): Result {
  const note = `the most resident memory of the process (VmHWM); ours: ${count(many)}, reference: ${count(few)}.`;
  const pairs = ofMany.map(({ ours }, round): Pair => {
    return { ours: ours.peakBytes / MIB, reference: (ofFew[round]?.ours.peakBytes ?? Number.NaN) / MIB };
  });
  const target = { bound: 'at most', ratio: MOST_SLOPE } as const;
  return resultOf({ name: `peak memory, ${count(few)} to ${count(many)}`, unit: 'MiB', target, note }, pairs);
}
