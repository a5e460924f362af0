/** STEWARD_HOME: the folder with all state of an embedded stack, and the lock that keeps two stacks out of one home. */
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InvalidConfiguration } from '../domain/errors.ts';
import { isErrno, writeNewFile } from '../platform/files.ts';
import { end, isAlive, markOf } from './processes.ts';
import type { ProcessMark } from './processes.ts';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** Absolute. */
export function homeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(environment['STEWARD_HOME'] || join(PROJECT, '.steward'));
}

export interface ChildMark extends ProcessMark {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
}

export interface Home {
  readonly folder: string;
  path(...parts: readonly string[]): string;
  /** Remembers the children, so that a start after a crash finds what the crash left. */
  recordChildren(children: readonly ChildMark[]): void;
  release(): Promise<void>;
}

/** How long what a crash left is asked to end before it is made to. */
const PATIENCE_MS = 5_000;
const TURN_POLL_MS = 20;

/**
 * Makes the folder if need be, takes the lock, and ends what an earlier stack left running when it crashed. Throws
 * InvalidConfiguration when another stack is alive in this home.
 */
export async function openHome(folder: string, log: (line: string) => void): Promise<Home> {
  // Others may pass through, for PostgreSQL runs as another user where we are root; every secret is a file of mode 0600.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  for (const part of ['logs', 'mail', 'storage', 'crm-media'])
    await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
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

/** Written before it is linked into its place, so that nobody sees it half made. */
async function takeLock(lock: string, folder: string): Promise<void> {
  const draft = `${lock}.${randomUUID()}`;
  await writeNewFile(draft, JSON.stringify(markOf(process.pid)));
  try {
    while (!(await linkInPlace(draft, lock))) {
      await refuseIfHeld(lock, folder);
      if (await takeOver(draft, lock, folder)) return;
      await delay(TURN_POLL_MS);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** By turns, and looking again: of two that found the same stale lock, the later would take the new lock of the other. */
async function takeOver(draft: string, lock: string, folder: string): Promise<boolean> {
  const turn = `${lock}.turn`;
  if (!(await linkInPlace(draft, turn))) {
    if (!(await livingOwner(turn))) await rm(turn, { force: true });
    return false;
  }
  try {
    await refuseIfHeld(lock, folder);
    if (!existsSync(lock)) return false;
    await rename(draft, lock);
    return true;
  } finally {
    await rm(turn);
  }
}

function linkInPlace(draft: string, place: string): Promise<boolean> {
  return link(draft, place).then(
    () => true,
    (error: unknown) => {
      if (isErrno(error, 'EEXIST')) return false;
      throw error;
    },
  );
}

async function refuseIfHeld(lock: string, folder: string): Promise<void> {
  const owner = await livingOwner(lock);
  if (!owner) return;
  throw new InvalidConfiguration(
    `A stack is running in ${folder} (process ${owner.pid}). Stop it, or set STEWARD_HOME to another folder to run one beside it.`,
  );
}

async function livingOwner(lock: string): Promise<ProcessMark | undefined> {
  const owner = (await readJson(lock)) as ProcessMark | undefined;
  return owner && isAlive(owner) ? owner : undefined;
}

async function endLeftovers(file: string, log: (line: string) => void): Promise<void> {
  const children = ((await readJson(file)) ?? []) as readonly ChildMark[];
  const alive = children.filter(isAlive);
  if (alive.length > 0) {
    log(`An earlier stack crashed here; ending what it left: ${alive.map(({ name }) => name).join(', ')}.`);
  }
  await Promise.all(alive.map((mark) => end(mark, { signal: mark.stopSignal, patienceMs: PATIENCE_MS })));
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
