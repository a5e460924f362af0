import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ArchiveWriter } from '../../../activities/packaging/archive-writer.ts';
import { writeRows } from '../../../activities/packaging/row-files.ts';
import type { RowOrder, WrittenRows } from '../../../activities/packaging/row-files.ts';
import { openArchive } from './open-archive.ts';

function order(rows: number): RowOrder {
  return {
    collection: { label: 'Notes', columns: ['id', 'text'].map((name) => ({ name, label: name })) },
    rows,
    limits: { rows: 20, bytes: 100_000 },
    workspaceName: 'Harbour Homes',
    language: 'en',
    paths: { json: 'notes.json', jsonl: 'notes.jsonl', csv: 'notes.csv' },
    pagesPath: () => 'pages/notes',
  };
}

const line = (id: number): string => `${JSON.stringify({ id, text: `Größe “${id}” 😀` })}\n`;

const lines = (count: number): string[] => Array.from({ length: count }, (_, id) => line(id));

/** In pieces that end within rows, and within letters. */
function pieces(texts: readonly string[]): Readable {
  const bytes = Buffer.from(texts.join(''));
  const cut = function* () {
    for (let at = 0; at < bytes.length; at += 1_001) yield bytes.subarray(at, at + 1_001);
  };
  return Readable.from(cut(), { objectMode: false });
}

interface Packed {
  readonly written: WrittenRows;
  readonly entries: ReadonlyMap<string, string>;
  readonly counted: number;
}

async function pack(texts: readonly string[]): Promise<Packed> {
  const archive = new ArchiveWriter(new Date(0));
  const packed = openArchive(archive.output);
  let counted = 0;
  const written = await writeRows(archive, order(texts.length), pieces(texts), (count) => (counted += count));
  await archive.finish();
  const entries = new Map([...(await packed)].map(([path, bytes]) => [path, bytes.toString()]));
  return { written, entries, counted };
}

test('every row is in each of the files and on a page, letters beyond ASCII too', async () => {
  const texts = lines(10_000);
  const { written, entries, counted } = await pack(texts);
  expect(entries.get('notes.jsonl')).toBe(texts.join(''));
  expect(JSON.parse(entries.get('notes.json') ?? '')).toEqual(texts.map((each) => JSON.parse(each)));
  const records = texts.map((_, id) => `${id},Größe “${id}” 😀\r\n`);
  expect(entries.get('notes.csv')).toBe(`id,text\r\n${records.join('')}`);
  expect(entries.get('pages/notes/0040.html')).toContain('<td>9999<td>Größe “9999” 😀\n');
  expect(written).toMatchObject({ rows: 10_000, pages: { folder: 'pages/notes', pages: 40, rows: 10_000 } });
  expect(written.sample).toHaveLength(20);
  expect(counted).toBe(10_000);
});

test('rows that index.html shows have no pages', async () => {
  const { written, entries } = await pack(lines(20));
  expect([...entries.keys()]).toEqual(['notes.json', 'notes.jsonl', 'notes.csv']);
  expect(written.pages).toBeUndefined();
  expect(written.sample).toHaveLength(20);
});

test('a sample of rows so long that it takes several reads is whole before there is a page', async () => {
  const texts = Array.from({ length: 30 }, (_, id) => `${JSON.stringify({ id, text: 'x'.repeat(40_000) })}\n`);
  const archive = new ArchiveWriter(new Date(0));
  const packed = openArchive(archive.output);
  const limits = { rows: 20, bytes: 2 ** 20 };
  const { sample, pages } = await writeRows(archive, { ...order(30), limits }, pieces(texts));
  await archive.finish();
  expect(sample).toHaveLength(20);
  expect(pages?.rows).toBe(30);
  expect((await packed).get('notes.csv')?.toString().match(/\r\n/g)).toHaveLength(31);
});

test('a row that is no JSON object fails the writing, and the rows are read no further', async () => {
  const archive = new ArchiveWriter(new Date(0));
  archive.output.resume();
  const rows = pieces([...lines(20), '[1]\n', ...lines(50_000)]);
  await expect(writeRows(archive, order(50_021), rows)).rejects.toThrow('A row is not a JSON object.');
  expect(rows.destroyed).toBe(true);
  archive.abort(undefined);
});

test('rows that break off fail the writing with their reason, and leave no file behind', async () => {
  const archive = new ArchiveWriter(new Date(0));
  archive.output.resume();
  const broken = Readable.from(
    (function* () {
      // More than stays in memory, also compressed.
      for (let id = 0; id < 100; id += 1)
        yield Buffer.from(`{"id":${id},"text":"${randomBytes(50_000).toString('hex')}"}\n`);
      throw new Error('the source broke off');
    })(),
    { objectMode: false },
  );
  await expect(writeRows(archive, order(1_000), broken)).rejects.toThrow('the source broke off');
  archive.abort(undefined);
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`steward-rows-${process.pid}-`));
  expect(left).toEqual([]);
});

test('an archive that is given up ends the writing', async () => {
  const archive = new ArchiveWriter(new Date(0));
  archive.output.on('error', () => undefined);
  const writing = writeRows(archive, order(50_000), pieces(lines(50_000)));
  archive.output.once('readable', () => archive.abort(new Error('enough')));
  await expect(writing).rejects.toThrow('enough');
});
