/**
 * `npm run bench -- <suite> [--json] [--quick]`: measures a suite and writes its results to bench/results. With --json the
 * last line is the report. A missed target is a result, not a failure: the exit code is 1 only when nothing was measured.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../dev/home.ts';
import { access } from './access.ts';
import { erasure } from './erasure.ts';
import { lookupGrowth } from './lookup-growth.ts';
import { retentionScan } from './retention-scan.ts';
import { describeHardware } from './support/hardware.ts';
import { printed, writeReport } from './support/report.ts';
import { ROUNDS } from './support/rounds.ts';
import type { Suite } from './support/suite.ts';
import { workspaceExport } from './workspace-export.ts';

const SUITES: Readonly<Record<string, Suite>> = {
  access,
  erasure,
  'workspace-export': workspaceExport,
  'lookup-growth': lookupGrowth,
  'retention-scan': retentionScan,
};
const RESULTS = join(PROJECT, 'bench', 'results');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});

/** Ends by `exit`, so that what was started is ended with us. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const [name = ''] = positionals;
const suite = SUITES[name];
if (!suite || positionals.length !== 1) {
  console.error(`Usage: npm run bench -- <${Object.keys(SUITES).join(' | ')}> [--json] [--quick]`);
  process.exitCode = 1;
} else {
  const at = new Date().toISOString();
  const hardware = describeHardware();
  const results = await suite({ quick: values.quick, rounds: ROUNDS, log: (line) => console.error(line) });
  const report = { suite: name, at, quick: values.quick, hardware, results };
  await writeReport(report, RESULTS);
  for (const lines of printed(report, values.json)) console.log(lines);
}
