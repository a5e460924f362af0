/** How activities are called: which queue, how long, how often again. Their names in the UI come from the vocabulary. */
import { proxyActivities } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import { TASK_QUEUES } from '../domain/ids.ts';
import type { ExportPackagingActivities } from '../activities/export-packaging.ts';
import type { RequestActivities } from '../activities/requests.ts';

/** Outside failures are retried for as long as they last; `conflict` means that the request has moved on without us. */
const RETRY = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  nonRetryableErrorTypes: ['conflict'],
} satisfies ActivityOptions['retry'];

export const core = proxyActivities<RequestActivities>({
  taskQueue: TASK_QUEUES.core,
  startToCloseTimeout: '30 seconds',
  retry: RETRY,
});

export const bulkRequests = proxyActivities<Pick<RequestActivities, 'locatePerson'>>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
  retry: RETRY,
});

/** A package that does not verify is not retried here: verifying again does not mend it, building again might. */
export const bulkPackages = proxyActivities<Pick<ExportPackagingActivities, 'buildPackage' | 'verifyPackage'>>({
  taskQueue: TASK_QUEUES.bulk,
  startToCloseTimeout: '24 hours',
  heartbeatTimeout: '1 minute',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { ...RETRY, nonRetryableErrorTypes: ['conflict', 'package-broken'] },
});

export const outbound = proxyActivities<
  Pick<ExportPackagingActivities, 'deliverPackage'> & Pick<RequestActivities, 'acknowledgeRequest' | 'remindController'>
>({
  taskQueue: TASK_QUEUES.outbound,
  startToCloseTimeout: '2 minutes',
  retry: RETRY,
});
