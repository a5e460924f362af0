/** What comes round by itself. Every worker brings the schedules to what stands here when it starts. */
import type { Client } from '@temporalio/client';
import { SCHEDULES, TASK_QUEUES } from '../domain/ids.ts';
import { SCHEDULE_SUMMARIES } from '../domain/summaries.ts';
import type { Config } from '../platform/config.ts';
import { ensureSchedule } from '../platform/temporal/schedules.ts';
import type { RecurringWork } from '../platform/temporal/schedules.ts';

const recurring = (backups: Pick<Config['backups'], 'everyHours'>): readonly RecurringWork[] => [
  {
    id: SCHEDULES.mapCheck,
    workflow: 'mapCheck',
    taskQueue: TASK_QUEUES.core,
    every: '1 day',
    jitterSeconds: 3_600,
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.mapCheck,
  },
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
  {
    id: SCHEDULES.tombstoneSweep,
    workflow: 'tombstoneSweep',
    taskQueue: TASK_QUEUES.core,
    every: '1 day',
    jitterSeconds: 3_600,
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.tombstoneSweep,
  },
  {
    id: SCHEDULES.rawSearch,
    workflow: 'rawSearch',
    taskQueue: TASK_QUEUES.core,
    every: '1 day',
    jitterSeconds: 3_600,
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.rawSearch,
  },
  {
    id: SCHEDULES.retentionReview,
    workflow: 'retentionReview',
    taskQueue: TASK_QUEUES.core,
    every: '1 day',
    jitterSeconds: 3_600,
    // What a day has missed, the next one finds as well.
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.retentionReview,
  },
  {
    id: SCHEDULES.backup,
    workflow: 'backup',
    taskQueue: TASK_QUEUES.core,
    every: backups.everyHours * 3_600_000,
    jitterSeconds: 600,
    catchupWindow: '1 day',
    summary: SCHEDULE_SUMMARIES.backup,
  },
  {
    id: SCHEDULES.backupDrill,
    workflow: 'backupDrill',
    taskQueue: TASK_QUEUES.core,
    every: '7 days',
    jitterSeconds: 3_600,
    catchupWindow: '7 days',
    summary: SCHEDULE_SUMMARIES.backupDrill,
  },
  {
    id: SCHEDULES.restoreWatch,
    workflow: 'restoreWatch',
    taskQueue: TASK_QUEUES.core,
    every: '1 hour',
    jitterSeconds: 300,
    catchupWindow: '1 hour',
    summary: SCHEDULE_SUMMARIES.restoreWatch,
  },
];

export async function ensureSchedules(client: Client, { backups }: Pick<Config, 'backups'>): Promise<void> {
  for (const work of recurring(backups)) await ensureSchedule(client, work);
}
