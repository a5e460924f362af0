/** The Temporal dev server with its UI, its state in the home. */
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Children } from './children.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';

export const NAMESPACE = 'steward';

const DATABASE = 'temporal.db';

export interface TemporalOptions {
  /** The executable of the CLI. */
  readonly cliPath: string;
  /** Where the UI sends what it cannot read. */
  readonly codecEndpoint: string;
}

/** Resolves when the namespace can be worked in. */
export async function startTemporal(
  home: Home,
  ports: Ports,
  children: Children,
  { cliPath, codecEndpoint }: TemporalOptions,
): Promise<void> {
  const database = home.path('temporal.db');
  await children.start({
    name: 'temporal',
    command: cliPath,
    // In a container the user may have no name; the server wants one.
    env: { USER: 'steward', HOME: home.folder, ...process.env },
    args: [
      'server',
      'start-dev',
      ...['--ip', '127.0.0.1', '--port', String(ports.temporal), '--http-port', String(ports.temporalHttp)],
      ...[
        '--ui-ip',
        '127.0.0.1',
        '--ui-port',
        String(ports.temporalUi),
        '--metrics-port',
        String(ports.temporalMetrics),
      ],
      ...['--ui-codec-endpoint', codecEndpoint],
      ...['--namespace', NAMESPACE, '--db-filename', home.path(DATABASE)],
      // Without these two the server was six times slower.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
      ...['--log-format', 'json', '--log-level', 'warn'],
    ],
    ready: () => namespaceAnswers(`127.0.0.1:${ports.temporal}`),
  });
  // The server lets everybody read its file, and sets itself up only where there is none. What it makes later beside the
  // file gets the file's mode.
  await Promise.all(['', '-wal', '-shm'].map((part) => chmod(`${database}${part}`, 0o600)));
  await closeToOthers(home.folder);
}

/** The server makes its files as the umask says; what it makes again later takes after the database. */
async function closeToOthers(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.startsWith(DATABASE));
  await Promise.all(files.map((name) => chmod(join(folder, name), 0o600)));
}

async function namespaceAnswers(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '1 second' });
  try {
    await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
    return true;
  } finally {
    await connection.close();
  }
}
