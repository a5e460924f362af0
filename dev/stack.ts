/** The embedded stack: everything that Steward needs, on loopback, with its state in one folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflows } from '../activities/bundle.ts';
import { ensureKeyRing } from '../platform/key-ring.ts';
import { migrate } from '../platform/migrate.ts';
import { Children } from './children.ts';
import { TEMPORAL_NAMESPACE, localUrl, writeConfigFile } from './config-file.ts';
import { ensureDatabases, grantReader } from './databases.ts';
import type { DatabaseUrls } from './databases.ts';
import { PROJECT, openHome, replace } from './home.ts';
import type { Home } from './home.ts';
import { startMailCatcher } from './mail-catcher.ts';
import { choosePorts } from './ports.ts';
import type { Ports } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { createSampleCrm } from './sample-crm/create.ts';
import { seedWorkspaces } from './seed.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { startTemporal } from './temporal-server.ts';

type Log = (line: string) => void;

/** Where everything is; also in `endpoints.json` of the home while the stack runs. */
export interface Endpoints {
  readonly api: string;
  /** Null until there is one. */
  readonly console: string | null;
  readonly docs: string;
  readonly temporal: string;
  readonly temporalUi: string;
  readonly temporalNamespace: string;
  readonly database: string;
  readonly sources: { readonly crm: string };
  readonly storage: string;
  readonly mail: { readonly smtp: string; readonly web: string };
  readonly metrics: { readonly api: string; readonly worker: string; readonly temporal: string };
  readonly adminKeyFile: string;
  readonly pid: number;
}

export interface Stack {
  readonly endpoints: Endpoints;
  readonly settings: { readonly configFile: string; readonly adminUrl: string };
  readonly children: Children;
  /** Ends everything in order, within ten seconds; a second call waits for the first. */
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly home: string;
  readonly log: Log;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
}

/** Who is ended after whom: nobody may lose what it still needs. */
const STOP_ORDER = [
  ['api', 'worker'],
  ['temporal', 'postgres'],
];

/** Throws when a part does not start; what had started is ended again. */
export async function startStack({ home: folder, log, signal }: StackOptions): Promise<Stack> {
  const home = await openHome(folder, log);
  const children = new Children(home, log);
  const closers: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopEverything(home, children, closers));
  const abort = (): void => void stop();
  signal?.addEventListener('abort', abort);
  try {
    const started = await startParts(home, children, closers, { log, ...(signal ? { signal } : {}) });
    return { ...started, children, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function stopEverything(home: Home, children: Children, closers: readonly (() => Promise<void>)[]): Promise<void> {
  await rm(home.path('endpoints.json'), { force: true });
  await children.stopAll(STOP_ORDER);
  await Promise.all(closers.map((close) => close()));
  await home.release();
}

async function startParts(
  home: Home,
  children: Children,
  closers: (() => Promise<void>)[],
  { log, signal }: { readonly log: Log; readonly signal?: AbortSignal },
): Promise<Pick<Stack, 'endpoints' | 'settings'>> {
  const ports = await choosePorts(home, log);
  const [{ adminUrl, urls }, bundle] = await Promise.all([
    timed('PostgreSQL', log, () => startDatabases(home, ports, children)),
    bundleInto(home),
    timed('Temporal', log, async () => startTemporal(home, ports, children, await findTemporalCli({ log, ...(signal ? { signal } : {}) }))),
    ensureKeyRing(home.path('keys.json')),
    startMail(home, ports).then((close) => closers.push(close)),
  ]);
  signal?.throwIfAborted();
  const { adminKeyFile } = await timed('Data', log, () => prepareData(home, urls, log));
  const configFile = await writeConfigFile(home, ports, urls);
  await timed('API and worker', log, () => startServices(children, ports, { configFile, bundle }));
  const endpoints = endpointsOf(home, ports, urls, adminKeyFile);
  replace(home.path('endpoints.json'), endpoints);
  return { endpoints, settings: { configFile, adminUrl } };
}

async function timed<T>(name: string, log: Log, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  log(`${name} ready in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

async function startDatabases(home: Home, ports: Ports, children: Children): Promise<{ adminUrl: string; urls: DatabaseUrls }> {
  const { adminUrl } = await startPostgres(home, ports, children);
  return { adminUrl, urls: await ensureDatabases(adminUrl, home) };
}

async function startMail(home: Home, ports: Ports): Promise<() => Promise<void>> {
  const mail = await startMailCatcher({ folder: home.path('mail'), host: '127.0.0.1', smtpPort: ports.smtp, webPort: ports.mailWeb });
  return () => mail.close();
}

async function bundleInto(home: Home): Promise<string> {
  const bundle = home.path('workflows.js');
  await bundleWorkflows(bundle);
  return bundle;
}

async function prepareData(home: Home, urls: DatabaseUrls, log: Log): Promise<{ adminKeyFile: string }> {
  const people = process.env['STEWARD_SAMPLE_PEOPLE'];
  const [{ workspaces }] = await Promise.all([
    createSampleCrm({
      url: urls.crm_owner,
      mediaFolder: home.path('crm-media'),
      log,
      ...(people === undefined ? {} : { people: Number(people) }),
    }),
    migrate(urls.steward_owner),
  ]);
  await grantReader(urls.crm_owner);
  return seedWorkspaces({ appUrl: urls.steward_app, keysFile: home.path('keys.json'), home: home.folder, workspaces });
}

/** API and worker as in production: the same entries, the same settings file. */
async function startServices(
  children: Children,
  ports: Ports,
  { configFile, bundle }: { readonly configFile: string; readonly bundle: string },
): Promise<void> {
  const env = { ...process.env, STEWARD_CONFIG: configFile, STEWARD_WORKFLOW_BUNDLE: bundle, NODE_ENV: 'production' };
  const start = (name: string, entry: string, readyPort: number) =>
    children.start({
      name,
      command: process.execPath,
      args: [join(PROJECT, entry)],
      env,
      cwd: PROJECT,
      ready: async () => (await fetch(`${localUrl(readyPort)}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok,
    });
  await Promise.all([start('api', 'api/server.ts', ports.api), start('worker', 'activities/worker.ts', ports.workerMetrics)]);
}

function endpointsOf(home: Home, ports: Ports, urls: DatabaseUrls, adminKeyFile: string): Endpoints {
  const api = localUrl(ports.api);
  return {
    api,
    console: null,
    docs: `${api}/docs`,
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: localUrl(ports.temporalUi),
    temporalNamespace: TEMPORAL_NAMESPACE,
    database: urls.steward_app,
    sources: { crm: urls.crm_reader },
    storage: home.path('storage'),
    mail: { smtp: `127.0.0.1:${ports.smtp}`, web: localUrl(ports.mailWeb) },
    metrics: {
      api: `${localUrl(ports.apiMetrics)}/metrics`,
      worker: `${localUrl(ports.workerMetrics)}/metrics`,
      temporal: `${localUrl(ports.temporalMetrics)}/metrics`,
    },
    adminKeyFile,
    pid: process.pid,
  };
}
