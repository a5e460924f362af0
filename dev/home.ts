/** STEWARD_HOME: the folder with all state of an embedded stack, and the lock that keeps two stacks out of one home. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidConfiguration } from '../domain/errors.ts';
import { end, isAlive, markOf } from './processes.ts';
import type { ProcessMark } from './processes.ts';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Absolute. */
export function homeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(environment['STEWARD_HOME'] ?? join(PROJECT, '.steward'));
}

export interface Home {
  readonly folder: string;
  path(...parts: readonly string[]): string;
  /** Remembers the children, so that a start after a crash finds what the crash left. */
  recordChildren(children: readonly ProcessMark[]): void;
  release(): Promise<void>;
}

/** How long what a crash left is asked to end before it is made to. */
const PATIENCE_MS = 5_000;

/**
 * Makes the folder if need be, takes the lock, and ends what an earlier stack left running when it crashed. Throws
 * InvalidConfiguration when another stack is alive in this home.
 */
export async function openHome(folder: string, log: (line: string) => void): Promise<Home> {
  // Others may pass through, for PostgreSQL runs as another user where we are root; every secret is a file of mode 0600.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  for (const part of ['logs', 'mail', 'storage', 'crm-media']) await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
  const lock = join(folder, 'lock.json');
  await takeLock(lock, folder);
  const childrenFile = join(folder, 'children.json');
  await endLeftovers(childrenFile, log);
  return {
    folder,
    path: (...parts) => join(folder, ...parts),
    recordChildren: (children) => replace(childrenFile, children),
    release: async () => {
      await rm(childrenFile, { force: true });
      await rm(lock, { force: true });
    },
  };
}

async function takeLock(lock: string, folder: string): Promise<void> {
  const own = markOf(process.pid);
  for (;;) {
    try {
      const file = await open(lock, 'wx', 0o600);
      await file.writeFile(JSON.stringify(own));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = (await readJson(lock)) as ProcessMark | undefined;
    if (owner && isAlive(owner)) {
      throw new InvalidConfiguration(
        `A stack is running in ${folder} (process ${owner.pid}). Stop it, or set STEWARD_HOME to another folder to run one beside it.`,
      );
    }
    await rm(lock, { force: true });
  }
}

async function endLeftovers(file: string, log: (line: string) => void): Promise<void> {
  const children = ((await readJson(file)) ?? []) as readonly ProcessMark[];
  const alive = children.filter(isAlive);
  if (alive.length > 0) log(`An earlier stack crashed here; ending ${alive.length} processes that it left.`);
  await Promise.all(alive.map((mark) => end(mark, PATIENCE_MS)));
  await rm(file, { force: true });
}

/** Undefined for a file that is not there, or was cut short by a crash. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** Replaces the file as a whole; readable by its owner alone. Synchronous, so that no child lives unrecorded. */
export function replace(file: string, content: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
