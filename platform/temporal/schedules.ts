/**
 * Work that comes round by itself. A scheduled run takes no arguments: the server encodes them under another id than they
 * are decoded under, and what it needs to know stands in PostgreSQL or in the settings.
 */
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { CalendarSpec, Client, ScheduleOptions } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import { WORKFLOWS } from '../../domain/ids.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/search-attributes.ts';

export interface RecurringWork {
  /** Of the schedule, and the beginning of the ids of its runs. */
  readonly id: string;
  readonly workflow: keyof typeof WORKFLOWS;
  readonly taskQueue: string;
  /** From one start to the next (a Duration: `1 day`, or milliseconds), or the moments in UTC. */
  readonly every: string | number | CalendarSpec;
  /** Spreads the starts of many installations, or of many schedules, so that they do not meet. */
  readonly jitterSeconds: number;
  /** How late a start that was missed, as by an outage, is still made up for. */
  readonly catchupWindow: Duration;
  /** Of domain/summaries.ts, so that it is read in the clear. */
  readonly summary: string;
}

/**
 * Brings a schedule to what `work` says; safe to be called by every worker at every start. One that an operator has paused
 * stays paused. A run that is still going when the next is due is left to itself.
 */
export async function ensureSchedule(client: Client, work: RecurringWork): Promise<void> {
  const wanted = optionsOf(work);
  try {
    await client.schedule.create({ scheduleId: work.id, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(work.id).update(({ state }) => ({
      ...wanted,
      state: { paused: state.paused, ...(state.note !== undefined && { note: state.note }) },
    }));
  }
}

function optionsOf(work: RecurringWork): Omit<ScheduleOptions, 'scheduleId'> {
  const { id, workflow, taskQueue, every, jitterSeconds, catchupWindow, summary } = work;
  const isInterval = typeof every !== 'object';
  return {
    spec: {
      ...(isInterval ? { intervals: [{ every }] } : { calendars: [every] }),
      jitter: jitterSeconds * 1000,
    },
    action: {
      type: 'startWorkflow',
      workflowType: WORKFLOWS[workflow],
      workflowId: id,
      taskQueue,
      args: [],
      staticSummary: summary,
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.needsAttention, value: false }],
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
  };
}
