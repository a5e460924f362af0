/**
 * The access export of one person, from the filed request to the stored package: time against a bare COPY of the same
 * rows, and memory over the number of rows.
 */
import { mkdir } from 'node:fs/promises';
import type { RequestRef } from '../domain/runs.ts';
import { loadPeople, personOf, PERSON_TABLES } from './access/people.ts';
import type { BenchPerson } from './access/people.ts';
import type { BuildWork } from './access/build-child.ts';
import type { ReferenceWork, ZipInput } from './access/reference-child.ts';
import { unpack } from './access/unpack.ts';
import { inChild } from './support/child.ts';
import { openCustomer } from './support/customer.ts';
import type { Customer } from './support/customer.ts';
import type { Measurement } from './support/measure.ts';
import { fileLocating } from './support/requests.ts';
import { resultOf } from './support/result.ts';
import type { Pair, Result } from './support/result.ts';
import { inTurns, pairsOf } from './support/rounds.ts';
import type { Round } from './support/rounds.ts';
import { withSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import { lineThrough } from './support/statistics.ts';
import type { Bench } from './support/suite.ts';

const SIZES = { full: [10, 10_000, 100_000, 1_000_000], quick: [10, 1_000, 10_000, 50_000] } as const;
/** Of COPY(row_to_json) and the zip together. */
const MOST_TIME = 1.5;
const MOST_SLOPE = 1.05;
const MOST_GROWTH_MIB = 100;
const MIB = 2 ** 20;

const fileAccess = (customer: Customer, { email }: BenchPerson): Promise<RequestRef> =>
  fileLocating(customer, 'access', [{ type: 'email', value: email }]);

type Rounds = readonly Round<{ ours: Measurement; reference: Measurement }>[];

interface Contest {
  readonly site: Site;
  readonly customer: Customer;
  readonly bench: Bench;
  /** Whose small package and rows warm a process up. */
  readonly first: BenchPerson;
}

export function access(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const [tiny, small, middle, large] = (bench.quick ? SIZES.quick : SIZES.full).map(personOf);
    if (!tiny || !small || !middle || !large) throw new TypeError('The suite has four sizes.');
    bench.log('Writing the rows …');
    await loadPeople(site, [tiny, small, middle, large]);
    const customer = await openCustomer(site, ['requests:write']);
    try {
      const contest = { site, customer, bench, first: tiny };
      const packed = await againstCopyAndZip(contest, middle);
      const copied: [BenchPerson, Rounds][] = [];
      for (const person of [tiny, small, middle, large]) copied.push([person, await againstCopy(contest, person)]);
      const [ofMiddle, ofLarge] = [copied[2]?.[1] ?? [], copied[3]?.[1] ?? []];
      return [
        ...copied.map(([person, rounds]) => copyResult(person, rounds)),
        packedResult(middle, packed),
        peakResult([middle, large], ofMiddle, ofLarge),
        slopeResult([middle, large], ofLarge),
        growthResult(large, ofLarge),
      ];
    } finally {
      await customer.close();
    }
  });
}

async function againstCopy(contest: Contest, person: BenchPerson): Promise<Rounds> {
  contest.bench.log(`${count(person)} against COPY …`);
  return inTurns(
    { ours: () => build(contest, person), reference: () => refer(contest, person, copyOf, []) },
    contest.bench.rounds,
  );
}

async function againstCopyAndZip(contest: Contest, person: BenchPerson): Promise<Rounds> {
  const { site, customer, bench } = contest;
  bench.log(`${count(person)} against COPY(row_to_json) and zip …`);
  const request = await fileAccess(customer, person);
  await build(contest, person, request);
  const folder = site.home.path('unpacked');
  await mkdir(folder);
  const files = await unpack(site, request, folder);
  return inTurns(
    { ours: () => build(contest, person), reference: () => refer(contest, person, copyJsonOf, files) },
    bench.rounds,
  );
}

async function build(
  { site, customer, first }: Contest,
  person: BenchPerson,
  filed?: RequestRef,
): Promise<Measurement> {
  const [warmUp, request] = [await fileAccess(customer, first), filed ?? (await fileAccess(customer, person))];
  const task = { configFile: site.configFile, warmUp, request, rows: person.rows };
  return inChild<BuildWork>(new URL('./access/build-child.ts', import.meta.url), task);
}

type CopyOf = (table: string, person: BenchPerson) => string;

function refer(
  { site, first }: Contest,
  person: BenchPerson,
  copy: CopyOf,
  files: readonly ZipInput[],
): Promise<Measurement> {
  const copiesOf = (one: BenchPerson) => ['contacts', ...PERSON_TABLES].map((table) => copy(table, one));
  const task = { url: site.databases.crm_reader, warmUp: copiesOf(first), copies: copiesOf(person), files };
  return inChild<ReferenceWork>(new URL('./access/reference-child.ts', import.meta.url), task);
}

const rowsOf: CopyOf = (table, { workspaceId, contactId }) =>
  `app.${table} t WHERE t.workspace_id = '${workspaceId}' AND t.${table === 'contacts' ? 'id' : 'contact_id'} = '${contactId}'`;
const copyOf: CopyOf = (table, person) => `COPY (SELECT t.* FROM ${rowsOf(table, person)}) TO STDOUT`;
const copyJsonOf: CopyOf = (table, person) => `COPY (SELECT row_to_json(t) FROM ${rowsOf(table, person)}) TO STDOUT`;

const count = ({ rows }: BenchPerson): string => `${rows.toLocaleString('en')} rows`;
const seconds = (measurement: Measurement): number => measurement.seconds;

function copyResult(person: BenchPerson, rounds: Rounds): Result {
  const note =
    'ours: buildPackage in a worker’s process, from reading the request to the recorded package, sealed, in a storage folder; reference: COPY of the same rows as text, thrown away.';
  return resultOf({ name: `${count(person)} against COPY`, unit: 's', note }, pairsOf(rounds, seconds));
}

function packedResult(person: BenchPerson, rounds: Rounds): Result {
  const note =
    'ours as above; reference: COPY(row_to_json) of the same rows, thrown away, then a zip by archiver at the same level of the files that the package holds, unpacked before, thrown away; one after the other in one process.';
  const target = { bound: 'at most', ratio: MOST_TIME } as const;
  const name = `${count(person)} against COPY(row_to_json) and zip`;
  return resultOf({ name, unit: 's', target, note }, pairsOf(rounds, seconds));
}

function peakResult([few, many]: readonly [BenchPerson, BenchPerson], ofFew: Rounds, ofMany: Rounds): Result {
  const note = `the most resident memory of the process (VmHWM); ours: ${count(many)}, reference: ${count(few)}.`;
  const pairs = ofMany.map(({ ours }, round): Pair => {
    return { ours: ours.peakBytes / MIB, reference: (ofFew[round]?.ours.peakBytes ?? Number.NaN) / MIB };
  });
  const target = { bound: 'at most', ratio: MOST_SLOPE } as const;
  return resultOf({ name: `peak memory, ${count(few)} to ${count(many)}`, unit: 'MiB', target, note }, pairs);
}

/** The archive grows with the rows, so a share of its bytes is that share of the rows. */
function slopeResult([few, many]: readonly [BenchPerson, BenchPerson], rounds: Rounds): Result {
  const note = `within one export: a straight line through the samples of resident memory from ${count(few)} on; ours: its end, reference: its beginning.`;
  const pairs = rounds.map(({ ours: { memory } }): Pair => {
    const most = memory.at(-1)?.[0] ?? 0;
    const least = (most * few.rows) / many.rows;
    const line = lineThrough(memory.filter(([bytes]) => bytes >= least));
    return { ours: line(most) / MIB, reference: line(least) / MIB };
  });
  const target = { bound: 'at most', ratio: MOST_SLOPE } as const;
  return resultOf({ name: `slope of memory, ${count(few)} to ${count(many)}`, unit: 'MiB', target, note }, pairs);
}

function growthResult(person: BenchPerson, rounds: Rounds): Result {
  const note = `ours: peak resident memory less that of the idle process before; reference: the most that it may be.`;
  const pairs = rounds.map(({ ours }): Pair => {
    return { ours: (ours.peakBytes - ours.idleBytes) / MIB, reference: MOST_GROWTH_MIB };
  });
  const target = { bound: 'at most', ratio: 1 } as const;
  return resultOf({ name: `growth of memory, ${count(person)}`, unit: 'MiB', target, note }, pairs);
}
