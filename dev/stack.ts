/** The embedded stack: every part of Steward, the real ones, on loopback, with all state under one home. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflows } from '../activities/bundle.ts';
import { InvalidConfiguration } from '../domain/errors.ts';
import type { StorageSettings } from '../platform/config.ts';
import { ensureKeyRing } from '../platform/key-ring.ts';
import { migrate } from '../platform/migrate.ts';
import { Children } from './children.ts';
import { CRM_SCHEDULE, local, mapFiles, writeConfigFile } from './config-file.ts';
import { ensureDatabases, grantEraser, grantReader } from './databases.ts';
import type { DatabaseUrls } from './databases.ts';
import { endpointsOf } from './endpoints.ts';
import type { Endpoints } from './endpoints.ts';
import { PROJECT, openHome, replace } from './home.ts';
import type { Home } from './home.ts';
import { startMailCatcher } from './mail-catcher.ts';
import { choosePorts, releasePorts } from './ports.ts';
import type { Ports } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { createSampleCrm } from './sample-crm/create.ts';
import { seedSchedule, seedWorkspaces } from './seed.ts';
import { Steps } from './steps.ts';
import { findTemporalCli } from './temporal-cli.ts';
import { startTemporal } from './temporal-server.ts';
import { WORKER_ENVIRONMENT, WORKER_NODE_OPTIONS } from './worker-options.ts';

export interface StackOptions {
  /** The folder with all state; made if need be. */
  readonly home: string;
  /** Where packages go; a folder of the home when nothing else is said. */
  readonly storage?: StorageSettings;
  /** Files of the data map beside the sample CRM's. */
  readonly moreMaps?: readonly string[];
  readonly log: (line: string) => void;
  /** Gives the start up while it lasts; afterwards `stop` is the way. */
  readonly signal?: AbortSignal;
}

export interface Stack {
  readonly endpoints: Endpoints;
  readonly settings: { readonly configFile: string; readonly adminUrl: string; readonly databases: DatabaseUrls };
  /** For tests that take a part away: postgres, temporal, api, worker. */
  readonly children: Children;
  /** Ends every part and frees the home, within ten seconds. Idempotent. */
  stop(): Promise<void>;
}

/** What the steps of a start share. */
interface Site {
  readonly home: Home;
  readonly storage: StorageSettings;
  readonly ports: Ports;
  readonly children: Children;
  readonly steps: Steps;
  readonly log: (line: string) => void;
  readonly moreMaps: readonly string[];
}

/** Who serves stops before what it needs does. */
const STOP_ORDER = [
  ['api', 'worker'],
  ['temporal', 'postgres'],
] as const;

/** Ten seconds are for the whole stop. */
const SETTLED_WITHIN_MS = 3_000;

/**
 * Resolves when everything is ready to work. Throws InvalidConfiguration when another stack is in this home or a part
 * cannot be had; what was started until then is stopped.
 */
export async function startStack({ home: folder, storage, moreMaps = [], log, signal }: StackOptions): Promise<Stack> {
  await using held = new AsyncDisposableStack();
  const home = await openHome(folder, log);
  held.defer(() => home.release());
  const ports = await choosePorts(home, log);
  held.defer(() => releasePorts(home, ports));
  const site: Site = {
    home,
    storage: storage ?? { kind: 'folder', path: home.path('storage') },
    log,
    ports,
    moreMaps,
    children: new Children(home, log),
    steps: new Steps(log, signal),
  };
  const mail = await catchMail(site);
  held.defer(() => mail.close());
  const endpointsFile = home.path('endpoints.json');
  held.defer(() => rm(endpointsFile, { force: true }));
  // However this process ends, also while it stops: no child stays behind.
  const killAll = () => site.children.killAll();
  process.once('exit', killAll);
  held.defer(() => void process.off('exit', killAll));
  held.defer(() => takeDown(site));

  const { endpoints, settings } = await site.steps.orGivenUp(bringUp(site));
  replace(endpointsFile, endpoints);
  const parts = held.move();
  let stopped: Promise<void> | undefined;
  return { endpoints, settings, children: site.children, stop: () => (stopped ??= parts.disposeAsync()) };
}

function catchMail({ home, ports: { smtp, mailWeb } }: Site): Promise<{ close(): Promise<void> }> {
  return startMailCatcher({ folder: home.path('mail'), host: '127.0.0.1', smtpPort: smtp, webPort: mailWeb });
}

/** Twice, for a step that was under way may have started a child after the first time. */
async function takeDown({ children, steps }: Site): Promise<void> {
  steps.giveUp();
  await children.stopAll(STOP_ORDER);
  await steps.settled(SETTLED_WITHIN_MS);
  await children.stopAll(STOP_ORDER);
}

async function bringUp(site: Site): Promise<Pick<Stack, 'endpoints' | 'settings'>> {
  const { home, ports, storage, moreMaps, steps } = site;
  await ensureKeyRing(home.path('keys.json'));
  const bundle = home.path('workflows.js');
  const [data] = await Promise.all([
    bringUpData(site),
    bringUpTemporal(site),
    steps.run('Workflows', () => bundleWorkflows(bundle)),
  ]);
  const { databases, adminUrl, adminKeyFile } = data;
  const configFile = await writeConfigFile(home, { ports, databases, storage, moreMaps });
  await Promise.all([
    startProcess(site, { name: 'api', file: 'api/server.ts', port: ports.api, env: { STEWARD_CONFIG: configFile } }),
    startProcess(site, {
      name: 'worker',
      file: 'activities/worker.ts',
      port: ports.workerMetrics,
      env: { STEWARD_CONFIG: configFile, STEWARD_WORKFLOW_BUNDLE: bundle },
    }),
  ]);
  return {
    endpoints: endpointsOf({ ports, databases, storage, adminKeyFile }),
    settings: { configFile, adminUrl, databases },
  };
}

async function bringUpData(site: Site): Promise<{ adminUrl: string; databases: DatabaseUrls; adminKeyFile: string }> {
  const { home, ports, children, steps, moreMaps } = site;
  const { adminUrl } = await steps.run('PostgreSQL', () => startPostgres(home, ports, children, steps.signal));
  const databases = await steps.run(undefined, () => ensureDatabases(adminUrl, home));
  const [workspaces] = await Promise.all([
    bringUpSampleCrm(site, databases),
    steps.run("Steward's schema", () => migrate(databases.steward_owner)),
  ]);
  const seeding = { appUrl: databases.steward_app, keysFile: home.path('keys.json'), home: home.folder, workspaces };
  const { adminKeyFile } = await steps.run(undefined, () => seedWorkspaces(seeding));
  const schedule = { ownerUrl: databases.steward_owner, file: CRM_SCHEDULE, map: mapFiles(moreMaps) };
  await steps.run(undefined, () => seedSchedule(schedule));
  return { adminUrl, databases, adminKeyFile };
}

async function bringUpSampleCrm({ home, steps, log }: Site, { crm_owner: url }: DatabaseUrls) {
  const options = { url, mediaFolder: home.path('crm-media'), people: samplePeople(), log };
  const { workspaces } = await steps.run('Sample CRM', () => createSampleCrm(options));
  await steps.run(undefined, () => grantReader(url));
  await steps.run(undefined, () => grantEraser(url));
  return workspaces;
}

function samplePeople(): number {
  const text = process.env['STEWARD_SAMPLE_PEOPLE'] || '20000';
  const people = Number(text);
  if (Number.isSafeInteger(people) && people > 0) return people;
  throw new InvalidConfiguration(`STEWARD_SAMPLE_PEOPLE is ${JSON.stringify(text)}; it must be a number of people.`);
}

async function bringUpTemporal({ home, ports, children, steps, log }: Site): Promise<void> {
  const cliPath = await steps.run(undefined, () => findTemporalCli({ log, signal: steps.signal }));
  const codecEndpoint = `${local(ports.api)}/codec`;
  await steps.run('Temporal', () => startTemporal(home, ports, children, { cliPath, codecEndpoint }));
}

interface ProcessOptions {
  readonly name: string;
  /** The entry, in the project. */
  readonly file: string;
  /** Where it answers /readyz. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

function startProcess({ ports, children, steps }: Site, { name, file, port, env }: ProcessOptions): Promise<void> {
  const isWorker = name === 'worker';
  const child = {
    name,
    command: process.execPath,
    args: [...(isWorker ? WORKER_NODE_OPTIONS : []), join(PROJECT, file)],
    cwd: PROJECT,
    // The port that was wished for wins over the file in the child, and may have been taken.
    env: { ...process.env, ...(isWorker && WORKER_ENVIRONMENT), STEWARD_API_PORT: String(ports.api), ...env },
    ready: () => isReady(`${local(port)}/readyz`),
  };
  return steps.run(name === 'api' ? 'API' : 'Worker', () => children.start(child));
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  await response.body?.cancel();
  return response.ok;
}
