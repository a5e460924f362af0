/** How activities are called: which queue, how long, how often again. Their names in the UI come from the vocabulary. */
import { proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor, ActivityOptions } from '@temporalio/workflow';
import { TASK_QUEUES } from '../domain/ids.ts';
import { ACTIVITY_SUMMARIES } from '../domain/summaries.ts';
import type { ExportPackagingActivities } from '../activities/export-packaging.ts';
import type { LocateActivities } from '../activities/locate-person.ts';
import type { MapCheckActivities } from '../activities/map-check.ts';
import type { PackageExpiryActivities } from '../activities/package-expiry.ts';
import type { RequestActivities } from '../activities/requests.ts';
import type { StorageSweepActivities } from '../activities/storage-sweep.ts';

type Activities = ActivityInterfaceFor<
  ExportPackagingActivities &
    LocateActivities &
    MapCheckActivities &
    PackageExpiryActivities &
    RequestActivities &
    StorageSweepActivities
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
  'beginDelivery',
  'closeRequest',
  'withdrawRequest',
  'discardPackage',
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
);

export const outbound = proxy(
  { taskQueue: TASK_QUEUES.outbound, startToCloseTimeout: '40 seconds', retry: RETRY },
  'acknowledgeRequest',
  'remindController',
  'deliverPackage',
);
