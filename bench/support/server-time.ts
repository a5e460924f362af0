/** The processor time of a PostgreSQL server on this machine, by Linux's /proc: the server itself does not tell. */
import { readFileSync, readdirSync } from 'node:fs';
import type { ClientBase } from 'pg';
import { measure } from './measure.ts';
import type { Measurement } from './measure.ts';
import { withConnection } from './site.ts';

export type ServedMeasurement = Measurement & {
  /** Of PostgreSQL, on all cores, meanwhile. */
  readonly serverSeconds: number;
};

/** Measures work in this process and what the server at `url` does for it. Nobody else may be using the server. */
export async function measureServed(url: string, work: () => Promise<void>): Promise<ServedMeasurement> {
  const server = await withConnection(url, serverProcess);
  const before = serverSeconds(server);
  const measurement = await measure(work);
  return { ...measurement, serverSeconds: serverSeconds(server) - before };
}

/** As every usual build of Linux has it. */
const TICKS_PER_SECOND = 100;

interface ProcessTime {
  readonly parent: number;
  /** Of the process and of those that it started and that have ended. */
  readonly seconds: number;
}

/** The server's first process, which starts all others and waits for their end. */
async function serverProcess(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const backend = readTime(String(rows[0]?.pid));
  if (!backend) throw new Error('The server is not on this machine, or this is not Linux.');
  return backend.parent;
}

/** Seconds on all cores since the server's start. Looks again when a backend has ended meanwhile: its time goes to the server's. */
function serverSeconds(server: number): number {
  for (;;) {
    const own = readTime(String(server))?.seconds ?? Number.NaN;
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const children = processes.map(readTime).filter((time) => time?.parent === server);
    const after = readTime(String(server))?.seconds;
    if (after === undefined || after === own) return children.reduce((sum, child) => sum + (child?.seconds ?? 0), own);
  }
}

/** Undefined of one that has just ended. */
function readTime(process: string): ProcessTime | undefined {
  try {
    const text = readFileSync(`/proc/${process}/stat`, 'utf8');
    // The name stands in brackets and may hold anything; the fields after it are counted from 3 (proc_pid_stat(5)).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3]);
    return { parent: field(4), seconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}
