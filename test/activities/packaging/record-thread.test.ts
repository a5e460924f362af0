import { expect, test } from 'vitest';
import { readCells } from '../../../activities/packaging/json-cells.ts';
import type { Made, RecordOrder } from '../../../activities/packaging/record-maker.ts';
import { RecordThread } from '../../../activities/packaging/record-thread.ts';

/** Enough for a thread, as far as `said` goes. */
function order(said: number): RecordOrder {
  const columns = ['id', 'text'].map((name) => ({ name, label: name }));
  const collection = { label: 'Notes', columns, sample: [readCells(line(0))], rows: said };
  return { collection, workspaceName: 'Harbour Homes', language: 'en', hasPages: true };
}

const line = (id: number): string => JSON.stringify({ id, text: `Größe “${id}” 😀` });

/** In pieces that end within rows, and within letters. */
async function* rows(count: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(Array.from({ length: count }, (_, id) => `${line(id)}\n`).join(''));
  for (let at = 0; at < bytes.length; at += 1_001) yield bytes.subarray(at, at + 1_001);
}

async function filesOf(parts: AsyncIterable<Made>): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, Buffer>();
  const add = (name: string, bytes: Uint8Array) =>
    files.set(name, Buffer.concat([files.get(name) ?? Buffer.of(), bytes]));
  for await (const { csv, pages } of parts) {
    add('csv', csv);
    for (const { name, bytes } of pages) add(name, bytes);
  }
  return new Map([...files].map(([name, bytes]) => [name, bytes.toString()]));
}

test('what a thread makes of many rows is whole: every row in CSV and on a page, letters beyond ASCII too', async () => {
  await using thread = new RecordThread();
  const files = await filesOf(thread.make(order(3_000), rows(3_000)));
  const records = Array.from({ length: 3_000 }, (_, id) => `${id},Größe “${id}” 😀\r\n`);
  expect(files.get('csv')).toBe(`id,text\r\n${records.join('')}`);
  expect([...files.keys()].filter((name) => name.endsWith('.html'))).toHaveLength(12);
  expect(files.get('0012.html')).toContain('<td>2999<td>Größe “2999” 😀\n');
});

test('one thread serves one collection after the other', async () => {
  await using thread = new RecordThread();
  const first = await filesOf(thread.make(order(2_500), rows(2_500)));
  expect(await filesOf(thread.make(order(2_500), rows(2_500)))).toEqual(first);
});

test('a row that is no JSON object fails the making', async () => {
  await using thread = new RecordThread();
  const broken = (async function* () {
    yield Buffer.from('[1]\n');
  })();
  await expect(filesOf(thread.make(order(2_500), broken))).rejects.toThrow('A row is not a JSON object.');
});

test('a thread that is ended in the middle of its work fails who waits for it', async () => {
  const thread = new RecordThread();
  const parts = thread.make(order(100_000), rows(50_000));
  await parts.next();
  await thread[Symbol.asyncDispose]();
  await expect(filesOf(parts)).rejects.toThrow('has ended');
});
