/** Finds a Temporal CLI that works, downloads one, or builds one; what it had to make stays in the cache folder. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidConfiguration } from '../domain/errors.ts';
import { isErrno } from '../platform/files.ts';
import { cachedProgram, keepProgram } from './program-cache.ts';
import { TEMPORAL_CLI_VERSION, buildTemporalCli, downloadTemporalCli } from './temporal-cli-makers.ts';

export interface CliSearch {
  readonly log: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends a download or a build that is under way. */
  readonly signal?: AbortSignal;
}

/** A place to look at: its words for people, and a way to a file that may be the CLI. */
interface Place {
  readonly name: string;
  readonly find: () => Promise<string>;
}

/** A CLI that answers at all does so in well under a second; the rest is for a busy machine. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * The path of an executable that answers `--version`. Looks, in this order, at TEMPORAL_CLI_PATH, PATH, the cache folder
 * (STEWARD_CACHE, or `.cache` of the project), the official download, and a build from source. Throws
 * InvalidConfiguration with every place and what was wrong there.
 */
export async function findTemporalCli(search: CliSearch): Promise<string> {
  const { log, signal } = search;
  const misses: string[] = [];
  for (const { name, find } of placesOf(search)) {
    signal?.throwIfAborted();
    try {
      const path = await find();
      await requireAnswer(path);
      return path;
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      misses.push(`  ${name}: ${reason}`);
      if (name === 'TEMPORAL_CLI_PATH' && reason !== UNSET)
        log(`TEMPORAL_CLI_PATH does not work (${reason}); looking further.`);
    }
  }
  throw new InvalidConfiguration(
    [
      'No Temporal CLI was found, and none could be made. Looked at:',
      ...misses,
      'Install it (https://docs.temporal.io/cli/setup-cli), set TEMPORAL_CLI_PATH to its executable, or install Go 1.21 or later from https://go.dev/dl so that it can be built.',
    ].join('\n'),
  );
}

const UNSET = 'is not set';

function placesOf({ log, environment = process.env, signal }: CliSearch): readonly Place[] {
  const cached = cachedProgram(`temporal-${TEMPORAL_CLI_VERSION}`, environment);
  const making = { log, environment, signal };
  const keep = (make: (draft: string) => Promise<void>) => keepProgram(cached, make, requireAnswer);
  return [
    { name: 'TEMPORAL_CLI_PATH', find: async () => environment['TEMPORAL_CLI_PATH'] || fail(UNSET) },
    { name: 'temporal on PATH', find: () => onPath('temporal', environment) },
    { name: 'the cache (STEWARD_CACHE)', find: async () => cached },
    { name: 'the official download', find: () => keep((draft) => downloadTemporalCli(draft, making)) },
    { name: 'a build from source', find: () => keep((draft) => buildTemporalCli(draft, making)) },
  ];
}

async function onPath(program: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const file = join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return fail('there is none');
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function requireAnswer(file: string): Promise<void> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: ANSWER_WITHIN_MS });
    if (!/^temporal version /m.test(stdout)) fail(`${file} answers --version, but not as the Temporal CLI does`);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) fail(`${file} is not there`);
    if (isErrno(error, 'EACCES')) fail(`${file} is not executable`);
    throw error;
  }
}

function fail(reason: string): never {
  throw new Error(reason);
}
