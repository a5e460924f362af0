/** The Temporal dev server with its UI, its state in the home. */
import { Connection } from '@temporalio/client';
import type { Children } from './children.ts';
import { TEMPORAL_NAMESPACE, localUrl } from './config-file.ts';
import type { Home } from './home.ts';
import type { Ports } from './ports.ts';

/** Resolves when the namespace can be worked in. */
export async function startTemporal(home: Home, ports: Ports, children: Children, cli: string): Promise<void> {
  await children.start({
    name: 'temporal',
    command: cli,
    args: [
      'server',
      'start-dev',
      ...['--ip', '127.0.0.1', '--port', String(ports.temporal), '--http-port', String(ports.temporalHttp)],
      ...['--ui-ip', '127.0.0.1', '--ui-port', String(ports.temporalUi), '--metrics-port', String(ports.temporalMetrics)],
      ...['--ui-codec-endpoint', `${localUrl(ports.api)}/codec`],
      ...['--namespace', TEMPORAL_NAMESPACE, '--db-filename', home.path('temporal.db')],
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
    await connection.workflowService.describeNamespace({ namespace: TEMPORAL_NAMESPACE });
    return true;
  } finally {
    await connection.close();
  }
}
