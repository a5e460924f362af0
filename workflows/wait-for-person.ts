/**
 * A durable wait for somebody's decision. It never fails and never decides by itself: silence gives reminders at growing
 * distances, and the flag that the due date is near.
 */
import { condition } from '@temporalio/workflow';
import type { Progress } from './progress.ts';

const DAY_MS = 86_400_000;
/** Days from one reminder to the next; the last one repeats. */
const REMINDER_DAYS = [2, 3, 7] as const;
/** From so many days before the due date on, an operator should look. */
const ATTENTION_DAYS = 7;

export interface PersonWait {
  /** True when the decision is there. */
  readonly isOver: () => boolean;
  /** ISO 8601. */
  readonly dueAt: string;
  readonly progress: Progress;
  /** Tells those who are awaited; `overdue` when the due date has passed. */
  readonly remind: (reminder: { readonly ordinal: number; readonly overdue: boolean }) => Promise<void>;
}

export async function waitForPerson(wait: PersonWait): Promise<void> {
  const dueAt = Date.parse(wait.dueAt);
  for (let ordinal = 1; !wait.isOver(); ordinal += 1) {
    wait.progress.needsAttention(Date.now() > dueAt - ATTENTION_DAYS * DAY_MS);
    if (await condition(wait.isOver, delayBefore(ordinal, dueAt))) break;
    await wait.remind({ ordinal, overdue: Date.now() > dueAt });
  }
  wait.progress.needsAttention(false);
}

/** The next reminder, or the moment at which attention is needed if that comes first. */
function delayBefore(ordinal: number, dueAt: number): number {
  const regular = (REMINDER_DAYS[Math.min(ordinal, REMINDER_DAYS.length) - 1] ?? 7) * DAY_MS;
  const untilAttention = dueAt - ATTENTION_DAYS * DAY_MS - Date.now();
  return untilAttention > 0 ? Math.min(regular, untilAttention) : regular;
}
