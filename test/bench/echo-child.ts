/** Takes its time and its memory, or fails. */
import { setTimeout as delay } from 'node:timers/promises';
import { perform } from '../../bench/support/child.ts';
import { measure } from '../../bench/support/measure.ts';

export type Echo = typeof work;

async function work(task: { readonly text: string; readonly fail: boolean; readonly megabytes: number }) {
  // To end so is what a process does that was killed.
  if (task.fail) process.exit(3);
  let steps = 0;
  const measured = await measure(
    async () => {
      const held = Buffer.alloc(task.megabytes * 2 ** 20, 1);
      for (; steps < 6; steps += 1) await delay(40);
      held.fill(2);
    },
    () => steps,
  );
  return { text: task.text, pid: process.pid, measured };
}

perform(work);
