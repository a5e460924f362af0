/** A suite's results for people and for programs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hardware } from './hardware.ts';
import type { Result } from './result.ts';
import type { Spread } from './statistics.ts';

export interface Report {
  readonly suite: string;
  /** When the measurements began, ISO 8601. */
  readonly at: string;
  /** Smaller sizes under the same names: good for trying the suite, and for nothing else. */
  readonly quick: boolean;
  readonly hardware: Hardware;
  readonly results: readonly Result[];
}

/** `<suite>.json` and `<suite>.md`, or `<suite>.quick.*`, so that a quick run replaces no real one. */
export async function writeReport(report: Report, folder: string): Promise<void> {
  const name = report.quick ? `${report.suite}.quick` : report.suite;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, `${name}.md`), markdownOf(report));
}

/** What a run prints: the table, and with `json` the report as the last line. */
export function printed(report: Report, json: boolean): readonly string[] {
  return [tableOf(report), ...(json ? [JSON.stringify(report)] : [])];
}

const HEADINGS = ['Case', 'Ours', 'Reference', 'Unit', 'Ratio', 'Target', 'Holds'] as const;

/** The table, with least and most in brackets. */
function tableOf({ results }: Report): string {
  const rows = [HEADINGS, HEADINGS.map(() => '---'), ...results.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(' | ')} |\n`).join('');
}

const pad = (cell: string, width: number): string => (cell === '---' ? '-'.repeat(width) : cell.padEnd(width));

function cellsOf({
  case: name,
  ours,
  reference,
  unit,
  ratio,
  target,
  bound,
  holds,
  spread,
}: Result): readonly string[] {
  return [
    name,
    measured(ours, spread.ours),
    measured(reference, spread.reference),
    unit,
    measured(ratio, spread.ratio),
    target === null || bound === null ? '–' : `${bound} ${target}`,
    holds === null ? '–' : holds ? 'yes' : '**no**',
  ];
}

function measured(value: number, { least, most }: Spread): string {
  return least === most ? short(value) : `${short(value)} (${short(least)}–${short(most)})`;
}

const short = (value: number): string => (Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3));

function markdownOf(report: Report): string {
  const { suite, at, quick, hardware, results } = report;
  const { processor, cores, memoryGiB, system, node, postgresql, archiver, commit, load } = hardware;
  return `# ${suite}${quick ? ' (quick: small sizes, no measurement)' : ''}

${at} · commit ${commit} · ${processor}, ${cores} cores, ${memoryGiB} GiB · ${system} · Node ${node} · PostgreSQL ${postgresql} · archiver ${archiver} · load at the start ${load}

Medians of ${results[0]?.rounds ?? 0} rounds, least and most in brackets; ours and the reference take turns in the same run.

${tableOf(report)}
${results.map(({ case: name, note }) => `- **${name}**: ${note}\n`).join('')}`;
}
