import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { RowSpool } from '../../../activities/packaging/row-spool.ts';

const ROWS = Array.from({ length: 300 }, (_, at) => Buffer.from(`{"at":${at},"text":"${'x'.repeat(9_000)}"}\n`));
const WHOLE = Buffer.concat(ROWS);

async function filled(memoryBytes: number): Promise<RowSpool> {
  const spool = new RowSpool(memoryBytes);
  for (const row of ROWS) await spool.write(row);
  await spool.end();
  return spool;
}

async function whole(spool: RowSpool): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of spool.replay()) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.each([
  ['in memory', 10_000_000],
  ['in a file', 100_000],
])('rows kept %s', (_where, memoryBytes) => {
  test('come as often as they are asked for', async () => {
    const spool = await filled(memoryBytes);
    for (let time = 0; time < 2; time += 1) expect((await whole(spool)).equals(WHOLE)).toBe(true);
    await spool.release();
  });

  test('can be let go of while somebody reads them, and come again after somebody gave up', async () => {
    const spool = await filled(memoryBytes);
    for await (const piece of spool.replay()) {
      expect(piece).toBeInstanceOf(Uint8Array);
      break;
    }
    expect((await whole(spool)).equals(WHOLE)).toBe(true);
    await spool.release();
  });
});

test('rows kept in a file leave no name behind', async () => {
  const spool = await filled(0);
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`steward-rows-${process.pid}-`));
  expect(left).toEqual([]);
  await spool.release();
});

test('rows that stop half way can be let go of', async () => {
  const spool = new RowSpool(0);
  for (const row of ROWS.slice(0, 3)) await spool.write(row);
  await spool.release();
});
