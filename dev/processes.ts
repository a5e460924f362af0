/** What tells one process from another that has its id by accident later: when it started. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrno } from '../platform/files.ts';

const POLL_MS = 25;

export interface ProcessMark {
  readonly pid: number;
  /** As the system writes it; only ever compared. */
  readonly startedAt: string;
}

/** Undefined when there is no such process. */
export function markOf(pid: number): ProcessMark | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(mark: ProcessMark): boolean {
  return startOf(mark.pid) === mark.startedAt;
}

export interface Ending {
  /** What this program takes for a polite request. */
  readonly signal: NodeJS.Signals;
  /** After which it is forced. */
  readonly patienceMs: number;
}

/** Resolves when the marked process is gone; one that has its id by now is left alone. */
export async function end(mark: ProcessMark, { signal, patienceMs }: Ending): Promise<void> {
  send(mark, signal);
  const deadline = Date.now() + patienceMs;
  while (isAlive(mark) && Date.now() < deadline) await delay(POLL_MS);
  send(mark, 'SIGKILL');
  while (isAlive(mark)) await delay(POLL_MS);
}

function send(mark: ProcessMark, signal: NodeJS.Signals): void {
  if (!isAlive(mark)) return;
  try {
    process.kill(mark.pid, signal);
  } catch (error) {
    // It may end between the look and the signal.
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** Its words, joined by spaces; undefined when there is no such process. */
export function commandOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps('args', pid);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)), counted after the name, which can hold anything; elsewhere, ps. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  return ps('lstart', pid);
}

function ps(column: string, pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
