/** The workers of one process: one for each task queue, on one set of dependencies. */
import { existsSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import type { Logger } from 'pino';
import { loadDataMap } from '../data-map/load.ts';
import { TASK_QUEUES } from '../domain/ids.ts';
import type { Config } from '../platform/config.ts';
import { openDatabase } from '../platform/database.ts';
import { loadKeyRing } from '../platform/key-ring.ts';
import { openMailer } from '../platform/mail.ts';
import { openSources } from '../platform/sources.ts';
import { openStorage } from '../platform/storage/open.ts';
import { WORKFLOWS_PATH } from './bundle.ts';
import { createBackupActivities } from './backups.ts';
import { createCertifyErasureActivities } from './certify-erasure.ts';
import { CrashPoints } from './crash-points.ts';
import { createEraseRecordsActivities } from './erase-records.ts';
import { createErasureCloseActivities } from './erasure-close.ts';
import { createErasureMailActivities } from './erasure-mail.ts';
import { createErasurePlanActivities } from './erasure-plan.ts';
import { createErasureReviewActivities } from './erasure-review.ts';
import { createExportPackagingActivities } from './export-packaging.ts';
import { FailureInterceptor } from './failures.ts';
import { createHoldPlacementActivities } from './hold-placement.ts';
import { createLocateActivities } from './locate-person.ts';
import { createManualTaskActivities } from './manual-tasks.ts';
import { createMapCheckActivities } from './map-check.ts';
import { createMatchReviewActivities } from './match-review.ts';
import { createPackageExpiryActivities } from './package-expiry.ts';
import { createRawSearchActivities } from './raw-search.ts';
import { createReleaseReviewActivities } from './release-review.ts';
import { createRequestActivities } from './requests.ts';
import { createRetentionReviewActivities } from './retention-review.ts';
import { createRestoreWatchActivities } from './restore-watch.ts';
import { createStorageSweepActivities } from './storage-sweep.ts';
import { createTombstoneActivities } from './tombstones.ts';
import { createVerifyErasureActivities } from './verify-erasure.ts';
import { createWorkspaceExportActivities } from './workspace-export.ts';

/** A prebuilt bundle of the workflows (`npm run build:workflows`), so that a worker starts without a bundler. */
const PREBUILT = process.env['STEWARD_WORKFLOW_BUNDLE'];

/** How much one process takes on at once: bulk work is bound by cores and disks, outbound work by other parties. */
const CONCURRENCY = {
  [TASK_QUEUES.core]: 50,
  [TASK_QUEUES.bulk]: 4,
  [TASK_QUEUES.outbound]: 20,
  // Each keeps a connection to its source; with those of the bulk work they stay below what sources.ts opens.
  [TASK_QUEUES.snapshots]: 3,
} as const;

/** Opens what activities work with. Throws InvalidConfiguration and InvalidDataMap before anything has started. */
export async function openDependencies(config: Config) {
  const ring = await loadKeyRing(config.keys.file);
  const db = openDatabase(config.database.workerUrl, { applicationName: 'steward-worker', maxConnections: 20 });
  const sources = openSources(config.sources);
  return {
    ring,
    db,
    sources,
    sourceSettings: config.sources,
    storage: openStorage(config.storage),
    mailer: openMailer(config.mail),
    map: await loadDataMap(config.dataMap),
    packages: config.packages,
    backups: config.backups,
    database: config.database,
    tombstones: config.tombstones,
    exports: config.exports,
    publicUrl: config.api.publicUrl,
    close: async () => {
      await Promise.all([db.close(), sources.close()]);
    },
  };
}

export type Dependencies = Awaited<ReturnType<typeof openDependencies>>;

export interface WorkerSetting {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dataConverter: DataConverter;
  readonly log: Logger;
}

export function createWorkers(setting: WorkerSetting, deps: Dependencies): Promise<Worker[]> {
  const { log, ...connection } = setting;
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    ...connection,
    activities: {
      ...createBackupActivities(deps),
      ...createRequestActivities(deps),
      ...createHoldPlacementActivities(deps),
      ...createLocateActivities(deps),
      ...createMatchReviewActivities(deps),
      ...createManualTaskActivities(deps),
      ...createReleaseReviewActivities(deps),
      ...createCertifyErasureActivities(deps),
      ...createVerifyErasureActivities(deps),
      ...createEraseRecordsActivities(deps),
      ...createErasureCloseActivities(deps),
      ...createErasureMailActivities(deps),
      ...createRawSearchActivities(deps),
      ...createErasurePlanActivities(deps),
      ...createErasureReviewActivities(deps),
      ...createExportPackagingActivities(deps),
      ...createMapCheckActivities(deps),
      ...createPackageExpiryActivities(deps),
      ...createRetentionReviewActivities(deps),
      ...createRestoreWatchActivities(deps),
      ...createStorageSweepActivities(deps),
      ...createTombstoneActivities(deps),
      ...createWorkspaceExportActivities(deps),
    },
    interceptors: {
      activity: [
        (context) => ({ inbound: new FailureInterceptor(context, deps.db, log) }),
        (context) => ({ inbound: new CrashPoints(context) }),
      ],
    },
    shutdownGraceTime: '5 seconds',
    maxHeartbeatThrottleInterval: '5 seconds',
  };
  return Promise.all(
    Object.values(TASK_QUEUES).map((taskQueue) =>
      Worker.create({
        ...common,
        ...(taskQueue === TASK_QUEUES.core ? workflowCode() : {}),
        taskQueue,
        maxConcurrentActivityTaskExecutions: CONCURRENCY[taskQueue],
      }),
    ),
  );
}

/** What a worker runs its workflows from. */
export function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  if (PREBUILT !== undefined && existsSync(PREBUILT)) return { workflowBundle: { codePath: PREBUILT } };
  return { workflowsPath: WORKFLOWS_PATH };
}
