/** The API on a database of its own, listening on a free port, with what a test needs to play its callers. */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createApp } from '../../api/app.ts';
import type { ApiDependencies } from '../../api/dependencies.ts';
import { describeSchedule } from '../../data-map/schedule/describe.ts';
import { Unavailable } from '../../domain/errors.ts';
import { SCOPES } from '../../domain/parties.ts';
import type { Scope } from '../../domain/parties.ts';
import type { HoldRef } from '../../domain/holds.ts';
import type { MapDescription } from '../../domain/map-description.ts';
import type { RequestRun } from '../../domain/runs.ts';
import type { ExportRef } from '../../domain/workspace-export.ts';
import { parseConfig } from '../../platform/config.ts';
import type { Config } from '../../platform/config.ts';
import { openDatabase } from '../../platform/database.ts';
import type { Database } from '../../platform/database.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { createApiKey, createWorkspace } from '../../platform/records/admin.ts';
import type { CreatedApiKey, NewApiKey } from '../../platform/records/admin.ts';
import { openStorage } from '../../platform/storage/open.ts';
import { createLogger } from '../../platform/telemetry/logger.ts';
import { createRegistry } from '../../platform/telemetry/metrics.ts';
import { openTemporal } from '../../platform/temporal/client.ts';
import type { Temporal } from '../../platform/temporal/client.ts';
import { freshKeyRing } from '../platform/fresh-key-ring.ts';
import { inRole, stewardDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

export const UI_ORIGIN = 'http://127.0.0.1:8233';

/** Any answer's body; a test reads the fields that it expects. */
export interface Body {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly secret: string;
  readonly url: string;
  readonly next: string | null;
  readonly items: readonly Body[];
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly resourceId: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

interface CallOptions {
  /** The workspace's own key when left out; null for none. */
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Temporal as the API sees it: it notes what it is told, refuses at once, or is the real client with nobody to talk to. */
interface TestTemporal {
  reach: 'there' | 'away' | 'unreachable';
  readonly started: RequestRun[];
  readonly exports: ExportRef[];
  readonly holds: { readonly run: 'placement' | 'release'; readonly ref: HoldRef }[];
  readonly signals: string[];
}

export interface TestApi {
  readonly url: string;
  readonly deps: ApiDependencies;
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
  /** Every line that was logged. */
  readonly log: string[];
  readonly workspaceId: string;
  readonly otherWorkspaceId: string;
  /** Of the first workspace's controller, with every scope that such a key can have. */
  readonly key: string;
  /** The processor's, of no workspace, with every scope. */
  readonly adminKey: string;
  makeKey(wish?: Partial<NewApiKey>): Promise<CreatedApiKey>;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  close(): Promise<void>;
}

const CONTROLLER_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'payloads:decode');

export async function openTestApi(): Promise<TestApi> {
  const home = await mkdtemp(join(tmpdir(), 'steward-api-'));
  const database = await stewardDatabase();
  const config = await testConfig(database.url, home);
  const ring = await freshKeyRing();
  const db = openDatabase(config.database.appUrl);
  const temporal: TestTemporal = { reach: 'there', started: [], exports: [], holds: [], signals: [] };
  const gateway = openGateway(config, ring, temporal);
  const log: string[] = [];
  const deps: ApiDependencies = {
    config,
    ring,
    db,
    temporal: gateway,
    storage: openStorage(config.storage),
    logger: createLogger('api', 'info', linesInto(log)),
    registry: createRegistry('api'),
    describeSchedule,
    dataMap: describedMap(),
    identityTypes: ['email', 'phone_number', 'external_id'],
    collections: [
      { ref: 'crm.contacts', key: ['id'], columns: ['id', 'email', 'name'] },
      { ref: 'crm.notes', key: ['contact_id', 'ordinal'], columns: ['contact_id', 'ordinal', 'body'] },
      { ref: 'crm.settings', key: ['id'], columns: ['id'] },
    ],
  };
  const [workspaceId, otherWorkspaceId] = await createWorkspaces(db);
  const makeKey = (wish: Partial<NewApiKey> = {}) =>
    makeTestKey(db, ring, { name: 'a test', party: 'controller', workspaceId, scopes: CONTROLLER_SCOPES, ...wish });
  const { token: key } = await makeKey();
  const { token: adminKey } = await makeKey({ party: 'processor', workspaceId: undefined, scopes: SCOPES });

  const server = await serve(createApp(deps));
  return {
    url: server.url,
    deps,
    database,
    temporal,
    log,
    workspaceId,
    otherWorkspaceId,
    key,
    adminKey,
    makeKey,
    call: (method, path, options = {}) => call(server.url, method, path, { key, ...options }),
    close: async () => {
      server.close();
      // The Temporal client stays open: retries that wait would find its connection closed, and throw.
      await db.close();
      await database.drop();
      await rm(home, { recursive: true });
    },
  };
}

/** The collections below, and one that no search walks through. */
function describedMap(): MapDescription {
  const described = { dataset: 'crm', source: 'crm', label: 'Records', kind: 'Records', skippedBecause: null };
  const identities = ['email', 'phone_number', 'external_id'];
  return {
    version: 'a test',
    datasets: [],
    edges: [],
    collections: [
      { ...described, ref: 'crm.contacts', recordClass: 'contact_record', identities, skipped: false },
      { ...described, ref: 'crm.notes', recordClass: 'note_record', identities: [], skipped: false },
      { ...described, ref: 'crm.settings', recordClass: null, identities: [], skipped: true },
    ],
  };
}

export async function serve(app: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The administrator's URL, with everything done in another role's rights. */
async function testConfig(adminUrl: string, home: string): Promise<Config> {
  const storage = join(home, 'storage');
  await mkdir(storage);
  const raw = {
    api: { publicUrl: 'http://127.0.0.1:8400' },
    metrics: {},
    database: { appUrl: inRole(adminUrl, 'steward_app'), workerUrl: inRole(adminUrl, 'steward_worker') },
    sources: [{ name: 'crm', kind: 'postgres', url: 'postgres://unused/crm' }],
    dataMap: ['unused.yml'],
    storage: { kind: 'folder', path: storage },
    temporal: { address: '127.0.0.1:1', uiUrl: UI_ORIGIN },
    mail: { url: 'smtp://127.0.0.1:1', from: 'steward@localhost' },
    keys: { file: 'unused' },
  };
  return parseConfig(raw, {}, 'a test');
}

function openGateway(config: Config, ring: KeyRing, temporal: TestTemporal): Temporal {
  const nobody = openTemporal(config.temporal, ring);
  const ask = async (real: () => Promise<void>): Promise<void> => {
    if (temporal.reach === 'unreachable') return real();
    if (temporal.reach === 'away')
      throw new Unavailable('Temporal is not reachable.', { retryAfterSeconds: 5, service: 'temporal' });
  };
  return {
    ...nobody,
    startRequest: async (run) => {
      await ask(() => nobody.startRequest(run));
      temporal.started.push(run);
    },
    signalRequest: async (requestId, signal, continues = 0) => {
      await ask(() => nobody.signalRequest(requestId, signal));
      temporal.signals.push(`${requestId}${continues > 0 ? `/continue/${continues}` : ''} ${signal}`);
    },
    checkDataMap: async () => {
      await ask(() => nobody.checkDataMap());
      temporal.signals.push('check the data map');
    },
    reviewRetention: async (workspaceId) => {
      await ask(() => nobody.reviewRetention(workspaceId));
      temporal.signals.push(`review what is retained of ${workspaceId}`);
    },
    reviewAllRetention: async () => {
      await ask(() => nobody.reviewAllRetention());
      temporal.signals.push('review what is retained');
    },
    runBackups: async (what) => {
      await ask(() => nobody.runBackups(what));
      temporal.signals.push(what);
    },
    startExport: async (ref) => {
      await ask(() => nobody.startExport(ref));
      temporal.exports.push(ref);
    },
    signalExport: async (exportId, signal) => {
      await ask(() => nobody.signalExport(exportId, signal));
      temporal.signals.push(`${exportId} ${signal}`);
    },
    startHoldPlacement: async (ref) => {
      await ask(() => nobody.startHoldPlacement(ref));
      temporal.holds.push({ run: 'placement', ref });
    },
    startHoldRelease: async (ref) => {
      await ask(() => nobody.startHoldRelease(ref));
      temporal.holds.push({ run: 'release', ref });
    },
    health: () => ask(() => nobody.health()),
  };
}

function linesInto(log: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log.push(chunk.toString('utf8').trimEnd());
      done();
    },
  });
}

async function createWorkspaces(db: Database): Promise<readonly [string, string]> {
  const harbour = { name: 'Harbour Homes', contactEmail: 'privacy@harbour.test', timeZone: 'Europe/Berlin' };
  const hill = { name: 'Hill Homes', contactEmail: 'privacy@hill.test' };
  return db.withPlatform(async (trx) => [
    await createWorkspace(trx, { ...harbour, sources: { crm: 'harbour' } }),
    await createWorkspace(trx, { ...hill, sources: { crm: 'hill' } }),
  ]);
}

function makeTestKey(db: Database, ring: KeyRing, wish: NewApiKey): Promise<CreatedApiKey> {
  return wish.workspaceId === undefined
    ? db.withPlatform((trx) => createApiKey(trx, ring, wish))
    : db.withTenant(wish.workspaceId, (trx) => createApiKey(trx, ring, wish));
}

async function call(base: string, method: string, path: string, options: CallOptions): Promise<Reply> {
  const { key, body, headers } = options;
  const response = await fetch(new URL(path, base), {
    method,
    headers: {
      ...(typeof key === 'string' ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
}
