/**
 * Holds the arrows of the layout. A tool that silently looks at nothing reports success, so the number of modules is
 * checked, and so is that a planted violation is caught.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOMS = [
  'domain',
  'data-map',
  'platform',
  'activities',
  'workflows',
  'api',
  'cli',
  'dev',
  'bench',
  'migrations',
  'test',
];
const FEWEST_MODULES = 60;

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

function cruise(rooms: readonly string[], cwd: string): Report {
  const config = resolve('.dependency-cruiser.cjs');
  const { stdout, stderr } = spawnSync('depcruise', ['--config', config, '--output-type', 'json', ...rooms], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (stdout === '') throw new Error(`The dependency check did not run: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** A tiny house in which domain imports a value of platform. */
function plantedViolationIsCaught(): boolean {
  const house = mkdtempSync(join(tmpdir(), 'steward-arrows-'));
  try {
    for (const room of ['domain', 'platform']) mkdirSync(join(house, room));
    writeFileSync(join(house, 'tsconfig.json'), '{ "compilerOptions": { "allowImportingTsExtensions": true } }');
    writeFileSync(join(house, 'platform', 'edge.ts'), 'export const edge = 1;\n');
    writeFileSync(join(house, 'domain', 'planted.ts'), "export { edge } from '../platform/edge.ts';\n");
    return cruise(['domain', 'platform'], house).summary.violations.some(
      ({ rule }) => rule.name === 'domain-imports-only-what-it-may',
    );
  } finally {
    rmSync(house, { recursive: true });
  }
}

const { totalCruised, violations } = cruise(ROOMS, process.cwd()).summary;
const problems = violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
if (totalCruised < FEWEST_MODULES) problems.push(`only ${totalCruised} modules were looked at`);
if (!plantedViolationIsCaught()) problems.push('a planted violation was not caught');
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
