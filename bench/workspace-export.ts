/** The export of a whole workspace against a bare pipeline of the same rows, and its memory over the number of rows. */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { SHOWCASE_PERSON } from '../dev/sample-crm/people.ts';
import { fileExport } from '../platform/records/workspace-exports.ts';
import { inChild } from './support/child.ts';
import { instructed, noRepeat, openCustomer } from './support/customer.ts';
import type { Customer } from './support/customer.ts';
import { resultOf } from './support/result.ts';
import type { Pair, Result } from './support/result.ts';
import { inTurns } from './support/rounds.ts';
import type { Round } from './support/rounds.ts';
import { withSite } from './support/site.ts';
import type { Site } from './support/site.ts';
import { loadSource } from './support/sized-sources.ts';
import type { SizedSource } from './support/sized-sources.ts';
import type { Bench } from './support/suite.ts';
import type { ExportMeasurement, ExportWork } from './workspace-export/export-child.ts';
import type { PipelineWork } from './workspace-export/pipeline-child.ts';

const SIZES = { full: [1_000_000, 10_000_000], quick: [20_000, 100_000] } as const;
const LEAST_RATE = 0.8;
const MOST_MEMORY = 1.15;
/** Of the cores: what is left is for the beginning and the end, when less than a part is under way. */
const LEAST_CORES = 0.75;
const MIB = 2 ** 20;
const { workspaceId: tenantKey } = SHOWCASE_PERSON;

interface Contest {
  readonly site: Site;
  readonly customer: Customer;
}

type Exports = readonly Round<{ ours: ExportMeasurement; reference: ExportMeasurement }>[];

export function workspaceExport(bench: Bench): Promise<readonly Result[]> {
  return withSite(bench.log, async (site) => {
    const customer = await openCustomer(site, ['workspaces:export']);
    try {
      const results: Result[] = [];
      const measured: Exports[] = [];
      for (const size of bench.quick ? SIZES.quick : SIZES.full) {
        const source = await loadSource(site, size, bench.log);
        bench.log(`${millions(source)} million rows: export and pipeline …`);
        const rounds = await inTurns(
          { ours: () => exportOnce({ site, customer }, source), reference: () => pipelineOnce(site, source) },
          bench.rounds,
        );
        requireSameRows(rounds);
        measured.push(rounds);
        results.push(rateResult(source, rounds), coresResult(source, rounds));
      }
      const [few = [], many = []] = measured;
      return [...results, memoryResult(few, many)];
    } finally {
      await customer.close();
    }
  });
}

async function exportOnce({ site, customer }: Contest, { url }: SizedSource): Promise<ExportMeasurement> {
  const { app, ring, caller } = customer;
  const filing = { formats: ['jsonl'], includeRedacted: true, instruction: instructed() } as const;
  const exportId = await fileExport(app, ring, caller, filing, noRepeat());
  const ref = { workspaceId: caller.workspaceId, exportId };
  try {
    const task = { configFile: site.configFile, url, ref };
    return await inChild<ExportWork>(new URL('./workspace-export/export-child.ts', import.meta.url), task);
  } finally {
    await rm(site.home.path('storage', 'exports'), { recursive: true, force: true });
  }
}

async function pipelineOnce(site: Site, { url }: SizedSource): Promise<ExportMeasurement> {
  const folder = site.home.path('piped');
  await mkdir(folder);
  try {
    return await inChild<PipelineWork>(new URL('./workspace-export/pipeline-child.ts', import.meta.url), {
      url,
      tenantKey,
      folder,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Or one would be faster for having left something out. */
function requireSameRows(rounds: Exports): void {
  const counts = new Set(rounds.flatMap(({ ours, reference }) => [ours.rows, reference.rows]));
  if (counts.size !== 1) throw new Error(`Not the same rows were exported: ${[...counts].join(', ')}.`);
}

const millions = ({ rows }: SizedSource): string => (rows / 1e6).toPrecision(2);
const rate = ({ rows, seconds }: ExportMeasurement): number => rows / seconds;

function rateResult(source: SizedSource, rounds: Exports): Result {
  const note =
    'ours: from beginExport to finishExport, snapshot, plan, parts in JSON Lines by gzip, zipped, sealed, stored, read back, manifest signed; the store of the media is empty, so they are listed as missing; reference: a pipeline a table, COPY(row_to_json) read by pg-copy-streams into gzip of the same zlib and level into a file, as many at a time as cores, the largest first, in one process.';
  const pairs = rounds.map(({ ours, reference }): Pair => ({ ours: rate(ours), reference: rate(reference) }));
  const target = { bound: 'at least', ratio: LEAST_RATE } as const;
  return resultOf({ name: `rate at ${millions(source)} million rows`, unit: 'rows/s', target, note }, pairs);
}

function coresResult(source: SizedSource, rounds: Exports): Result {
  const note =
    'ours: processor time of our process and of PostgreSQL over the time it took; reference: the cores there are.';
  const pairs = rounds.map(({ ours: { cpuSeconds, serverSeconds, seconds } }): Pair => {
    return { ours: (cpuSeconds + serverSeconds) / seconds, reference: availableParallelism() };
  });
  const target = { bound: 'at least', ratio: LEAST_CORES } as const;
  return resultOf({ name: `cores in use at ${millions(source)} million rows`, unit: 'cores', target, note }, pairs);
}

function memoryResult(few: Exports, many: Exports): Result {
  const note = 'the most resident memory of our process (VmHWM); ours: the larger export, reference: the smaller.';
  const pairs = many.map(({ ours }, round): Pair => {
    return { ours: ours.peakBytes / MIB, reference: (few[round]?.ours.peakBytes ?? Number.NaN) / MIB };
  });
  const target = { bound: 'at most', ratio: MOST_MEMORY } as const;
  return resultOf({ name: 'peak memory of the larger over the smaller', unit: 'MiB', target, note }, pairs);
}
