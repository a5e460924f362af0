/** What tells one process from another that has its id by accident later: when it started. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

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

/** Ends a process if it is still the marked one: politely, then by force after `patienceMs`. */
export async function end(mark: ProcessMark, patienceMs: number): Promise<void> {
  if (!signal(mark, 'SIGTERM')) return;
  const deadline = Date.now() + patienceMs;
  while (isAlive(mark) && Date.now() < deadline) await delay(50);
  signal(mark, 'SIGKILL');
  while (isAlive(mark)) await delay(20);
}

function signal(mark: ProcessMark, name: NodeJS.Signals): boolean {
  if (!isAlive(mark)) return false;
  process.kill(mark.pid, name);
  return true;
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
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
