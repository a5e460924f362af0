import { describe, expect, it } from 'vitest';
import { inChild } from '../../bench/support/child.ts';
import type { Echo } from './echo-child.ts';

const child = new URL('./echo-child.ts', import.meta.url);

describe('a process of its own', () => {
  it('answers with what was measured in it', async () => {
    const answer = await inChild<Echo>(child, { text: 'a task', fail: false, megabytes: 64 });
    expect(answer.text).toBe('a task');
    expect(answer.pid).not.toBe(process.pid);
    expect(answer.measured.seconds).toBeGreaterThan(0.1);
    expect(answer.measured.peakBytes - answer.measured.idleBytes).toBeGreaterThan(60 * 2 ** 20);
    const [first, last] = [answer.measured.memory.at(0), answer.measured.memory.at(-1)];
    expect(last?.[0]).toBeGreaterThan(first?.[0] ?? Number.POSITIVE_INFINITY);
  });

  it('that fails gives no measurement', async () => {
    await expect(inChild<Echo>(child, { text: '', fail: true, megabytes: 0 })).rejects.toThrow('without an answer');
  });
});
