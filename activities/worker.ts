/** The worker's entry: one process that serves the three queues. More of them, anywhere, share the work. */
import { NativeConnection, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { TASK_QUEUES } from '../domain/ids.ts';
import { loadConfig } from '../platform/config.ts';
import type { Config } from '../platform/config.ts';
import { createLogger } from '../platform/telemetry/logger.ts';
import { createRegistry, serveMetrics } from '../platform/telemetry/metrics.ts';
import { connectionOptions, openTemporal } from '../platform/temporal/client.ts';
import { dataConverter } from '../platform/temporal/data-converter.ts';
import { prepareNamespace } from '../platform/temporal/namespace.ts';
import { measureDrift } from './map-checking/drift-gauge.ts';
import { sweepJournal } from './journal-sweep.ts';
import { bringUpToJournal } from './opening.ts';
import { sweepOutbox } from './outbox-sweep.ts';
import { ensureSchedules } from './schedules.ts';
import { createWorkers, openDependencies } from './workers.ts';

async function main(): Promise<void> {
  const config = loadConfig();
  const log = createLogger('worker', config.log.level);
  installRuntime(config, log);
  const deps = await openDependencies(config);
  const temporal = openTemporal(config.temporal, deps.ring);
  const stop = new AbortController();
  const registry = createRegistry('worker');
  const workers: Worker[] = [];
  const metrics = await serveMetrics(
    {
      registry,
      more: () => sdkMetrics(config),
      isReady: () => workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING'),
    },
    { host: config.metrics.host, port: config.metrics.workerPort },
  );
  await bringUpToJournal({ ...deps, log }, untilToldToStop(stop));
  if (stop.signal.aborted) process.exit(0);
  await prepareNamespace(config.temporal);
  await deps.db.withPlatform((trx) => trx.raw('SELECT steward.ensure_audit_partitions(12)'));
  const connection = await NativeConnection.connect(connectionOptions(config.temporal));
  const { namespace } = config.temporal;
  workers.push(
    ...(await createWorkers({ connection, namespace, dataConverter: dataConverter(deps.ring, namespace), log }, deps)),
  );
  await ensureSchedules(temporal.client, config);
  const running = workers.map((worker) => worker.run());
  measureDrift(registry, deps.db);
  const sweep = sweepOutbox({ db: deps.db, temporal, log }, stop.signal);
  const journal = sweepJournal({ ...deps, log }, stop.signal);
  log.info({ mapVersion: deps.map.version, queues: Object.values(TASK_QUEUES) }, 'worker ready');

  // One whose database is restored under it has to begin anew: it ends with the sweep's error.
  // The runtime shuts the workers down on SIGINT and SIGTERM; what is open goes after they have drained.
  await Promise.race([Promise.all(running), journal.then(() => Promise.all(running))]).finally(() => stop.abort());
  await Promise.all([sweep, journal]);
  await metrics.close();
  await Promise.all([connection.close(), temporal.close()]);
  await deps.close();
}

/** Before the runtime's own handlers, which shut workers down, there is nothing that a signal would have to wait for. */
function untilToldToStop(stop: AbortController): AbortSignal {
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

function installRuntime(config: Config, log: Logger): void {
  Runtime.install({
    // The SDK's own lines carry ids and codes; the texts of failures stay out of them.
    logger: {
      log: (level, message) => log.debug({ level }, message),
      trace: (message) => log.trace(message),
      debug: (message) => log.debug(message),
      info: (message) => log.debug(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    },
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      metrics: { prometheus: { bindAddress: `${config.metrics.host}:${config.metrics.workerSdkPort}` } },
    },
  });
}

async function sdkMetrics(config: Config): Promise<string> {
  const response = await fetch(`http://${config.metrics.host}:${config.metrics.workerSdkPort}/metrics`);
  return response.text();
}

await main();
