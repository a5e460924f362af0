/** Which ports a stack uses: those asked for, else last time's, else the usual ones; a taken one falls to a free one. */
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { InvalidConfiguration } from '../domain/errors.ts';
import { readJson, replace } from './home.ts';
import { claimPort, releasePort } from './port-claims.ts';
import type { Home } from './home.ts';

const PORTS = {
  api: { variable: 'STEWARD_API_PORT', usual: 8400, name: 'the API' },
  apiMetrics: { variable: 'STEWARD_API_METRICS_PORT', usual: 8401, name: "the API's metrics" },
  workerMetrics: { variable: 'STEWARD_WORKER_METRICS_PORT', usual: 8402, name: "the worker's metrics" },
  temporalMetrics: { variable: 'STEWARD_TEMPORAL_METRICS_PORT', usual: 8403, name: "Temporal's metrics" },
  workerSdkMetrics: { variable: 'STEWARD_WORKER_SDK_METRICS_PORT', usual: 8404, name: "the worker's SDK metrics" },
  postgres: { variable: 'STEWARD_POSTGRES_PORT', usual: 8432, name: 'PostgreSQL' },
  temporal: { variable: 'STEWARD_TEMPORAL_PORT', usual: 7233, name: 'Temporal' },
  temporalUi: { variable: 'STEWARD_TEMPORAL_UI_PORT', usual: 8233, name: 'the Temporal UI' },
  temporalHttp: { variable: 'STEWARD_TEMPORAL_HTTP_PORT', usual: 7243, name: "Temporal's HTTP API" },
  smtp: { variable: 'STEWARD_SMTP_PORT', usual: 8425, name: 'the mail catcher' },
  mailWeb: { variable: 'STEWARD_MAIL_WEB_PORT', usual: 8426, name: 'the caught mail' },
} as const;

type PortName = keyof typeof PORTS;
const NAMES = Object.keys(PORTS) as PortName[];
export type Ports = Readonly<Record<PortName, number>>;

/** Each is held open until all are chosen, so that no two are the same. Throws InvalidConfiguration for no port number. */
export async function choosePorts(home: Home, log: (line: string) => void): Promise<Ports> {
  const file = home.path('ports.json');
  const earlier = ((await readJson(file)) ?? {}) as Partial<Ports>;
  const wishes = Object.fromEntries(NAMES.map((name) => [name, wished(name)]));
  const held: Server[] = [];
  try {
    const chosen: Partial<Record<PortName, number>> = {};
    for (const name of NAMES) {
      const { server, port } = await hold(name, wishes[name] ?? earlier[name] ?? PORTS[name].usual, home, log);
      held.push(server);
      chosen[name] = port;
    }
    const ports = chosen as Ports;
    replace(file, ports);
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** For stacks that start from now on, whichever process this one's was in. */
export function releasePorts(home: Home, ports: Ports): void {
  for (const port of Object.values(ports)) releasePort(port, home.folder);
}

function wished(name: PortName): number | undefined {
  const { variable } = PORTS[name];
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InvalidConfiguration(`${variable} is ${JSON.stringify(text)}; it must be a port number, 1 to 65535.`);
  }
  return port;
}

async function hold(
  name: PortName,
  port: number,
  home: Home,
  log: (line: string) => void,
): Promise<{ server: Server; port: number }> {
  const wishedServer = await listen(port, home);
  if (wishedServer) return { server: wishedServer, port };
  const server = await listen(0, home);
  if (!server) throw new InvalidConfiguration('There is no free port on 127.0.0.1.');
  const free = portOf(server);
  log(`Port ${port} (${PORTS[name].name}) is taken; using ${free}. ${PORTS[name].variable} sets it.`);
  return { server, port: free };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Undefined when the port is taken, or meant to be by another stack. */
async function listen(port: number, home: Home): Promise<Server | undefined> {
  const server = await bind(port);
  if (!server || claimPort(portOf(server), home.folder)) return server;
  await new Promise((resolve) => server.close(resolve));
  return undefined;
}

function bind(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
