/**
 * The test command: the checks that read the code, then the tests that run it. Everything runs even when an earlier part
 * has failed, so that one run tells all; the last line counts, and the exit code is 1 when anything failed.
 *
 * `--static` stops after the checks; `--s3` runs instead the tests against a real S3-compatible server, which has to be
 * built first; `--faults` the crashes and races that take minutes. Anything else is handed to Vitest.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

const CHECKS: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['types', ['node', 'node_modules/typescript7/bin/tsc', '--noEmit']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['biome', 'format', '.']],
  ['dead code', ['knip', '--no-progress']],
  ['dependencies', ['node', 'test/support/check-arrows.ts']],
];

/** Runs a command, its output kept until it has ended so that two at a time do not mix. */
function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: withLocalBinaries() });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function withLocalBinaries(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${join(process.cwd(), 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}` };
}

async function check([name, command]: (typeof CHECKS)[number]): Promise<Outcome> {
  const started = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function tests(args: readonly string[]): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-results-'));
  const report = join(folder, 'results.json');
  try {
    const code = await runVitest([...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
    return await readReport(report, code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runVitest(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('vitest', ['run', ...args], { stdio: 'inherit', env: withLocalBinaries() });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** A run that failed without a failed test (a file that does not load, an error nobody caught) still counts as a failure. */
async function readReport(file: string, code: number): Promise<Outcome> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { numPassedTests = 0, numFailedTests = 0, numTotalTests = 0 } = JSON.parse(text) as Record<string, number>;
  const unrun = numTotalTests - numPassedTests - numFailedTests;
  const failed = numFailedTests + unrun;
  return {
    name: 'tests',
    passed: numPassedTests,
    failed: failed === 0 && (code !== 0 || numPassedTests === 0) ? 1 : failed,
  };
}

const [mode, ...others] = process.argv.slice(2);
const outcomes: Outcome[] = [];
const APART: Readonly<Record<string, string>> = {
  '--s3': 'vitest.s3.config.ts',
  '--faults': 'vitest.faults.config.ts',
};
const apart = APART[mode ?? ''];
if (apart !== undefined) {
  outcomes.push(await tests(['--config', apart, ...others]));
} else {
  outcomes.push(...(await Promise.all(CHECKS.map(check))));
  if (mode !== '--static') outcomes.push(await tests(process.argv.slice(2)));
}

const sum = (field: 'passed' | 'failed') => outcomes.reduce((total, outcome) => total + outcome[field], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
