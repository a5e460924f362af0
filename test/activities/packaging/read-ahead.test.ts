import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readAhead } from '../../../activities/packaging/read-ahead.ts';

/** Says what happens to each item, and fails at the last. */
function reader(events: string[]) {
  return async (item: string, signal: AbortSignal) => {
    events.push(`${item} begins`);
    await setImmediate();
    if (item === 'broken') throw new Error('the source broke off');
    events.push(signal.aborted ? `${item} is told to stop` : `${item} ends`);
    return { item, [Symbol.asyncDispose]: async () => void events.push(`${item} is let go of`) };
  };
}

/** Until nothing happens by itself any more. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}

test('items come in order, each read after the one before, two ahead of their use', async () => {
  const events: string[] = [];
  for await (const { item } of readAhead(['a', 'b', 'c', 'd'], reader(events))) {
    await settled();
    events.push(`${item} is used`);
  }
  const read = (item: string) => [`${item} begins`, `${item} ends`];
  const used = (item: string) => [`${item} is used`, `${item} is let go of`];
  expect(events).toEqual([
    ...[...read('a'), ...read('b'), ...read('c')],
    ...used('a'),
    ...read('d'),
    ...['b', 'c', 'd'].flatMap(used),
  ]);
});

test('when the use fails, the reading under way is told and waited for, and nothing is kept', async () => {
  const events: string[] = [];
  const use = async (): Promise<void> => {
    for await (const { item } of readAhead(['a', 'b', 'c'], reader(events))) throw new Error(`no room for ${item}`);
  };
  await expect(use()).rejects.toThrow('no room for a');
  expect(events).toEqual([
    ...['a begins', 'a ends', 'b begins', 'a is let go of'],
    ...['b is told to stop', 'c begins', 'b is let go of', 'c is told to stop', 'c is let go of'],
  ]);
});

test('a reading that fails is heard of in its turn, and nothing is read after it', async () => {
  const events: string[] = [];
  const use = async (): Promise<void> => {
    for await (const { item } of readAhead(['a', 'broken', 'c'], reader(events))) {
      await settled();
      events.push(`${item} is used`);
    }
  };
  await expect(use()).rejects.toThrow('the source broke off');
  expect(events).toEqual(['a begins', 'a ends', 'broken begins', 'a is used', 'a is let go of']);
});
