/** The API's process: opens what it needs, listens, and leaves in order when it is told to. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMap } from '../data-map/describe.ts';
import { loadDataMap } from '../data-map/load.ts';
import { collectionsOf } from '../data-map/model.ts';
import type { DataMap } from '../data-map/model.ts';
import { knownIdentityTypes } from '../data-map/parse.ts';
import { describeSchedule } from '../data-map/schedule/describe.ts';
import { loadConfig } from '../platform/config.ts';
import type { Config } from '../platform/config.ts';
import { openDatabase } from '../platform/database.ts';
import { loadKeyRing } from '../platform/key-ring.ts';
import { openStorage } from '../platform/storage/open.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import { createRegistry, serveMetrics } from '../platform/telemetry/metrics.ts';
import { openTemporal } from '../platform/temporal/client.ts';
import { createApp } from './app.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { MappedCollection } from './redaction-targets.ts';

/** How long answers under way may take to end; a download that needs longer is broken off. */
const GRACE_MS = 5_000;

async function main(): Promise<void> {
  const config = loadConfig();
  const deps = await openDependencies(config);
  const metrics = await serveMetrics(
    { registry: deps.registry },
    { host: config.metrics.host, port: config.metrics.apiPort },
  );
  const server = await listen(createServer(createApp(deps)), config.api);
  deps.logger.info({ host: config.api.host, port: config.api.port }, 'api ready');

  await toldToStop();
  await stopServing(server);
  await Promise.all([metrics.close(), deps.db.close()]);
  deps.logger.info('api stopped');
  // The Temporal client is not closed first: its retries outlive the connection, and one that waits would throw.
  process.exit(0);
}

async function openDependencies(config: Config): Promise<ApiDependencies> {
  const ring = await loadKeyRing(config.keys.file);
  const map = await loadDataMap(config.dataMap);
  return {
    config,
    ring,
    dataMap: describeMap(map),
    describeSchedule,
    identityTypes: knownIdentityTypes(map),
    collections: mappedCollections(map),
    db: openDatabase(config.database.appUrl, { applicationName: 'steward-api', maxConnections: 20 }),
    temporal: openTemporal(config.temporal, ring),
    storage: openStorage(config.storage),
    logger: createLogger('api', config.log.level),
    registry: createRegistry('api'),
  };
}

function mappedCollections(map: DataMap): readonly MappedCollection[] {
  return collectionsOf(map).map(({ ref, key, fields }) => ({
    ref,
    key,
    columns: fields.filter(({ path }) => path.length === 0).map(({ column }) => column),
  }));
}

function listen(server: Server, { host, port }: Config['api']): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}

async function stopServing(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  await Promise.race([closed, delay(GRACE_MS, undefined, { ref: false })]);
  server.closeAllConnections();
  await closed;
}

await main().catch((err: unknown) => {
  createLogger('api', 'info').fatal({ err }, 'api cannot run');
  process.exit(1);
});
