/** How activities are called: which queue, how long, how often again. Their names in the UI come from the vocabulary. */
import { proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { TASK_QUEUES } from '../domain/ids.ts';
import { ACTIVITY_SUMMARIES } from '../domain/summaries.ts';
import type { BackupActivities } from '../activities/backups.ts';
import type { CertifyErasureActivities } from '../activities/certify-erasure.ts';
import type { EraseRecordsActivities } from '../activities/erase-records.ts';
import type { ErasureCloseActivities } from '../activities/erasure-close.ts';
import type { ErasureMailActivities } from '../activities/erasure-mail.ts';
import type { ErasurePlanActivities } from '../activities/erasure-plan.ts';
import type { ErasureReviewActivities } from '../activities/erasure-review.ts';
import type { ExportPackagingActivities } from '../activities/export-packaging.ts';
import type { HoldPlacementActivities } from '../activities/hold-placement.ts';
import type { LocateActivities } from '../activities/locate-person.ts';
import type { ManualTaskActivities } from '../activities/manual-tasks.ts';
import type { MapCheckActivities } from '../activities/map-check.ts';
import type { MatchReviewActivities } from '../activities/match-review.ts';
import type { PackageExpiryActivities } from '../activities/package-expiry.ts';
import type { RawSearchActivities } from '../activities/raw-search.ts';
import type { ReleaseReviewActivities } from '../activities/release-review.ts';
import type { RequestActivities } from '../activities/requests.ts';
import type { RetentionReviewActivities } from '../activities/retention-review.ts';
import type { RestoreWatchActivities } from '../activities/restore-watch.ts';
import type { StorageSweepActivities } from '../activities/storage-sweep.ts';
import type { TombstoneActivities } from '../activities/tombstones.ts';
import type { VerifyErasureActivities } from '../activities/verify-erasure.ts';
import type { WorkspaceExportActivities } from '../activities/workspace-export.ts';

type Activities = ActivityInterfaceFor<
  BackupActivities &
    CertifyErasureActivities &
    EraseRecordsActivities &
    ErasureCloseActivities &
    ErasureMailActivities &
    ErasurePlanActivities &
    ErasureReviewActivities &
    ExportPackagingActivities &
    HoldPlacementActivities &
    LocateActivities &
    ManualTaskActivities &
    MapCheckActivities &
    MatchReviewActivities &
    PackageExpiryActivities &
    RawSearchActivities &
    ReleaseReviewActivities &
    RequestActivities &
    RetentionReviewActivities &
    RestoreWatchActivities &
    StorageSweepActivities &
    TombstoneActivities &
    VerifyErasureActivities &
    WorkspaceExportActivities
>;

/** Outside failures are retried for as long as they last; `conflict` means that the request has moved on without us. */
const RETRY = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  nonRetryableErrorTypes: ['conflict'],
} satisfies ActivityOptions['retry'];

/** Each activity has its own words in the UI, so each gets its own proxy. */
function proxy<Name extends keyof Activities>(
  options: ActivityOptions,
  ...names: readonly Name[]
): Pick<Activities, Name> {
  const entries = names.map((name) => {
    const activities = proxyActivities<Activities>({ ...options, summary: ACTIVITY_SUMMARIES[name] });
    return [name, activities[name]] as const;
  });
  return Object.fromEntries(entries) as Pick<Activities, Name>;
}

export const core = proxy(
  { taskQueue: TASK_QUEUES.core, startToCloseTimeout: '15 seconds', retry: RETRY },
  'checkInstruction',
  'openManualTasks',
  'openMatchReview',
  'gatherManualTasks',
  'openReleaseReview',
  'openErasureReview',
  'beginCoolingOff',
  'endCoolingOff',
  'closeErasure',
  'refuseErasure',
  'beginRelease',
  'beginRebuild',
  'beginDelivery',
  'closeRequest',
  'withdrawRequest',
  'discardPackage',
  'beginExport',
  'confirmHold',
  'settleRelease',
  'plantTombstones',
  'listWorkspaces',
  'continueRequests',
  'openRetentionReview',
  'finishRetentionReview',
);

/** Raising a fence waits for the batches that are under way in its source. */
export const fencing = proxy(
  { taskQueue: TASK_QUEUES.core, startToCloseTimeout: '2 minutes', retry: RETRY },
  'raiseFences',
);

/** Removing what is stored can take longer than other short steps. */
export const cleaning = proxy(
  { taskQueue: TASK_QUEUES.core, startToCloseTimeout: '30 minutes', retry: RETRY },
  'beginGeneration',
  'withdrawExport',
);

/** A package that does not verify is not retried here: verifying again does not mend it, building again might. */
export const bulk = proxy(
  {
    taskQueue: TASK_QUEUES.bulk,
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { ...RETRY, nonRetryableErrorTypes: ['conflict', 'package-broken'] },
  },
  'locatePerson',
  'buildPackage',
  'verifyPackage',
  'checkDataMap',
);

/**
 * What works on the sources for as long as the person has records. Cancelled it is waited for, so that the request is not
 * withdrawn while it still writes.
 */
export const erasing = proxy(
  {
    taskQueue: TASK_QUEUES.bulk,
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: RETRY,
  },
  'planErasure',
  'eraseRecords',
  'eraseMedia',
  'endErasure',
  'verifyErasure',
  'certifyErasure',
  'certifyFailedErasure',
);

/**
 * A workspace's part of the retention review. What keeps failing is given up until the next run, and stands in the report:
 * nobody waits for it, and other workspaces do.
 */
export const reviewing = proxy(
  {
    taskQueue: TASK_QUEUES.bulk,
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: {
      ...RETRY,
      maximumAttempts: 8,
      nonRetryableErrorTypes: ['conflict', 'not-found', 'invalid-schedule', 'invalid-data-map', 'seal-broken'],
    },
  },
  'surveyRetention',
  'reviewClass',
);

/** Reads every table, or whole databases, once a day; beside other bulk work. */
export const combing = proxy(
  {
    taskQueue: TASK_QUEUES.bulk,
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: RETRY,
  },
  'searchRaw',
  'makeBackups',
  'drillBackups',
  'watchRestores',
);

/** Small work of its own kind for all workspaces together; on the queue that no long export can fill. */
export const sweeps = proxy(
  {
    taskQueue: TASK_QUEUES.core,
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: RETRY,
  },
  'expirePackages',
  'sweepStorage',
  'sweepTombstones',
);

/** Parts of an export: a part that is broken is written again, one whose snapshot is gone is not. */
export const parts = proxy(
  {
    taskQueue: TASK_QUEUES.bulk,
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { ...RETRY, nonRetryableErrorTypes: ['conflict', 'snapshot-lost'] },
  },
  'planParts',
  'exportPart',
  'finishExport',
);

/** As long as a source takes to be read. Nobody waits for its end. */
export const holding = proxy(
  {
    taskQueue: TASK_QUEUES.snapshots,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: '20 seconds',
    cancellationType: 'TRY_CANCEL',
    retry: { ...RETRY, nonRetryableErrorTypes: ['conflict', 'snapshot-lost'] },
  },
  'holdSnapshot',
);

export const outbound = proxy(
  { taskQueue: TASK_QUEUES.outbound, startToCloseTimeout: '40 seconds', retry: RETRY },
  'acknowledgeRequest',
  'remindController',
  'remindPeople',
  'deliverPackage',
  'tellErasure',
  'tellRelease',
);
