/** The Temporal development server with its UI, its state in a file of the home. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import type { Children } from './children.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';

/** The one that the embedded stack works in. */
export const NAMESPACE = 'steward';

export interface TemporalServerOptions {
  /** The executable of the CLI. */
  readonly cliPath: string;
  /** Where the UI has payloads opened. Its host must be the UI's, or the browser keeps the session's cookie back. */
  readonly codecEndpoint: string;
}

/** Resolves when the namespace answers. */
export async function startTemporal(
  home: Home,
  ports: Ports,
  children: Children,
  { cliPath, codecEndpoint }: TemporalServerOptions,
): Promise<void> {
  const database = await openDatabaseFile(home);
  await children.start({
    name: 'temporal',
    command: cliPath,
    args: [...addresses(ports), ...storage(database.file), '--ui-codec-endpoint', codecEndpoint],
    // Nothing of the user's own settings for the CLI, which name other servers.
    env: { PATH: process.env['PATH'], HOME: home.folder },
    ready: () => answers(`127.0.0.1:${ports.temporal}`),
  });
  await database.keep();
}

function addresses(ports: Ports): readonly string[] {
  const flags = {
    ip: '127.0.0.1',
    'ui-ip': '127.0.0.1',
    port: ports.temporal,
    'http-port': ports.temporalHttp,
    'ui-port': ports.temporalUi,
    'metrics-port': ports.temporalMetrics,
  };
  return ['server', 'start-dev', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** Six times faster here with the write-ahead log, and synchronous=1 loses nothing when the process dies. */
function storage(file: string): readonly string[] {
  const pragmas = ['journal_mode=wal', 'synchronous=1'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return ['--db-filename', file, ...pragmas, '--namespace', NAMESPACE, '--log-format', 'json', '--log-level', 'warn'];
}

/**
 * The server sets its schema up only where there is no file: one that was cut short in its first start could never start
 * again. So a database counts from the moment at which the server first answered on it; before that it held no runs.
 */
async function openDatabaseFile(home: Home): Promise<{ file: string; keep: () => Promise<void> }> {
  const file = home.path('temporal.db');
  const files = [file, `${file}-wal`, `${file}-shm`];
  const isWhole = `${file}.is-whole`;
  if (!existsSync(isWhole)) for (const part of files) await rm(part, { force: true });
  return {
    file,
    keep: async () => {
      for (const part of files.filter(existsSync)) await chmod(part, 0o600);
      await writeFile(isWhole, '', { mode: 0o600 });
    },
  };
}

async function answers(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
    return true;
  } finally {
    await connection.close();
  }
}
