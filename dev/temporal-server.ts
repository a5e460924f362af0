/** The Temporal dev server with its UI, its state in the home. */
import { Connection } from '@temporalio/client';
import type { Children } from './children.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';

export const NAMESPACE = 'steward';

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
  await children.start({
    name: 'temporal',
    command: cliPath,
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
      ...['--namespace', NAMESPACE, '--db-filename', home.path('temporal.db')],
      // Without these two the server was six times slower.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
      ...['--log-format', 'json', '--log-level', 'warn'],
    ],
    ready: () => namespaceAnswers(`127.0.0.1:${ports.temporal}`),
  });
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
