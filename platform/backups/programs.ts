/**
 * PostgreSQL's own programs on this machine. A pg_dump of an earlier major version than the server's refuses it, so the
 * nearest that is not earlier is taken; where there is none, nothing pretends to be a backup.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { fittingVersion } from '../../domain/backups.ts';
import { StewardError } from '../../domain/errors.ts';

/** Where Debian's packages put each major version beside the others. */
const VERSIONED = '/usr/lib/postgresql';

export class NoProgram extends StewardError {
  constructor(serverMajor: number) {
    super(
      { code: 'no-pg-dump', status: 500, title: 'There is no pg_dump that fits' },
      `The worker has no pg_dump of version ${serverMajor} or later, and without one the source is not backed up. ` +
        'Install the client of that version, or name its folder in backups.programs.',
    );
  }
}

export interface Program {
  /** Of pg_dump, and of pg_restore beside it. */
  readonly folder: string;
  /** As pg_dump says it. */
  readonly version: string;
  readonly major: number;
}

/** In `folder` alone when that is set. Throws NoProgram. */
export async function findPrograms(serverMajor: number, folder: string | undefined): Promise<Program> {
  const found: Program[] = [];
  for (const each of folder === undefined ? await usualFolders() : [folder]) {
    const program = await askVersion(each);
    if (program) found.push(program);
  }
  const major = fittingVersion(
    serverMajor,
    found.map((each) => each.major),
  );
  const program = found.find((each) => each.major === major);
  if (program === undefined) throw new NoProgram(serverMajor);
  return program;
}

async function usualFolders(): Promise<readonly string[]> {
  const versions = await readdir(VERSIONED).catch(() => []);
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...versions.map((version) => join(VERSIONED, version, 'bin')), ...onPath])];
}

async function askVersion(folder: string): Promise<Program | undefined> {
  const answer = await promisify(execFile)(join(folder, 'pg_dump'), ['--version']).catch(() => undefined);
  const [, version] = /\(PostgreSQL\) (\S+)/.exec(answer?.stdout ?? '') ?? [];
  if (version === undefined) return undefined;
  return { folder, version, major: Number.parseInt(version, 10) };
}
