/** What comes round by itself. */
import { SCHEDULES, TASK_QUEUES } from '../domain/ids.ts';
import { SCHEDULE_SUMMARIES } from '../domain/summaries.ts';
import type { RecurringWork } from '../platform/temporal/schedules.ts';

export const RECURRING_WORK: readonly RecurringWork[] = [
  {
    id: SCHEDULES.packageExpiry,
    workflow: 'packageExpiry',
    taskQueue: TASK_QUEUES.core,
    every: '1 hour',
    jitterSeconds: 300,
    // Whatever was missed, the next run does.
    catchupWindow: '1 hour',
    summary: SCHEDULE_SUMMARIES.packageExpiry,
  },
  {
    id: SCHEDULES.storageSweep,
    workflow: 'storageSweep',
    taskQueue: TASK_QUEUES.core,
    every: '1 day',
    jitterSeconds: 3_600,
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.storageSweep,
  },
];
