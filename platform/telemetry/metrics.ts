/** Metrics in Prometheus' text format, on a port of their own that the outside does not reach. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Registry, collectDefaultMetrics } from 'prom-client';

/** A registry with the process's own figures: memory, event loop, garbage collection. `process` becomes a label. */
export function createRegistry(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return registry;
}

export interface MetricsPages {
  readonly registry: Registry;
  /** Metrics of another maker, in the same text format, to be shown after ours. */
  readonly more?: () => Promise<string>;
  /** Answers /readyz; a process that does not say is ready. */
  readonly isReady?: () => boolean;
}

export interface MetricsServer {
  /** Where it listens, which matters when the port asked for was 0. */
  readonly port: number;
  close(): Promise<void>;
}

interface PlainAnswer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

/** Serves GET /metrics and GET /readyz. Rejects when the port is taken. */
export async function serveMetrics(
  pages: MetricsPages,
  address: { host: string; port: number },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const write = ({ status, type = 'text/plain', body = '' }: PlainAnswer) =>
      response.writeHead(status, { 'Content-Type': type }).end(body);
    answer(pages, `${request.method} ${request.url}`).then(write, () => write({ status: 500 }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  return { port: portOf(server), close: () => closeServer(server) };
}

async function answer({ registry, more, isReady }: MetricsPages, asked: string): Promise<PlainAnswer> {
  if (asked === 'GET /metrics') {
    // Figures of another maker that cannot be had must not take ours with them.
    const others = await (more?.() ?? Promise.resolve('')).catch(() => '');
    return { status: 200, type: registry.contentType, body: `${await registry.metrics()}${others}` };
  }
  if (asked !== 'GET /readyz') return { status: 404 };
  return isReady === undefined || isReady() ? { status: 200, body: 'ready\n' } : { status: 503, body: 'not ready\n' };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The metrics server has no port.');
  return address.port;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
