import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ArchiveWriter } from '../../../activities/packaging/archive-writer.ts';
import type { PackedPages } from '../../../activities/packaging/contents.ts';
import { writeRows } from '../../../activities/packaging/row-files.ts';
import { openArchive } from './open-archive.ts';

const HOSTILE = `</script><script>alert(1)</script>\u2028"'\`<img src=x onerror=alert(1)>\u0000\ud800`;

interface Written {
  readonly pages: PackedPages | undefined;
  readonly entries: ReadonlyMap<string, string>;
}

async function write(rows: readonly object[]): Promise<Written> {
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, label: `The ${name}` }));
  const order = {
    collection: { label: 'Notes', columns },
    rows: rows.length,
    limits: { rows: Math.min(3, rows.length - 1), bytes: 1_000_000 },
    workspaceName: HOSTILE,
    language: 'en',
    paths: { json: 'notes.json', jsonl: 'notes.jsonl', csv: 'notes.csv' },
    pagesPath: () => 'pages/crm.notes',
  } as const;
  const archive = new ArchiveWriter(new Date(0));
  const written = (async () => {
    const { pages } = await writeRows(archive, order, linesOf(rows));
    await archive.finish();
    return pages;
  })();
  const entries = await openArchive(archive.output);
  return { pages: await written, entries: new Map([...entries].map(([path, bytes]) => [path, bytes.toString()])) };
}

const linesOf = (rows: readonly object[]): Readable =>
  Readable.from(
    rows.map((row) => `${JSON.stringify(row)}\n`),
    { objectMode: false },
  );

/** What the search reads from the files, as a browser would. */
function rowsSought(entries: ReadonlyMap<string, string>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [path, script] of entries) {
    if (!path.endsWith('.js')) continue;
    const [, first, json = ''] = /^stewardRows\((\d+),(".*")\)\n$/s.exec(script) ?? [];
    const rows = JSON.parse(json) as string;
    for (const [index, text] of rows.split('\n').entries()) found.set(Number(first) + index, text);
  }
  return found;
}

describe('pages of records', () => {
  test('have every row once, in order, under its number', async () => {
    const { pages, entries } = await write(
      Array.from({ length: 601 }, (_, at) => ({ id: at + 1, body: `note ${at + 1}` })),
    );
    expect(pages).toEqual({ folder: 'pages/crm.notes', pages: 3, rows: 601, pageRows: 250, shards: 1 });
    const rows = [1, 2, 3].flatMap((page) => [
      ...(entries.get(`pages/crm.notes/000${page}.html`) ?? '').matchAll(
        /<tr id=r(\d+)><th scope=row>\1<td>\1<td>note \1\n/g,
      ),
    ]);
    expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 601 }, (_, at) => at + 1));
  });

  test('lead to each other, to the first and last, and back to the index', async () => {
    const { entries } = await write(Array.from({ length: 800 }, (_, id) => ({ id })));
    const links = [...(entries.get('pages/crm.notes/0002.html') ?? '').matchAll(/href="([^"]*)"/g)].map(
      ([, href]) => href,
    );
    const navigation = ['0001.html', '0001.html', '0003.html', '0004.html'];
    expect(links).toEqual(['../style.css', '../../index.html', ...navigation, ...navigation]);
    const first = entries.get('pages/crm.notes/0001.html') ?? '';
    expect(first).toContain('<span class="soft">Previous</span>');
    expect(first).toContain('Records 1 to 250 of 800 records');
  });

  test('give the search what is seen of each row, without truth values and identifiers', async () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
    const { entries } = await write([
      { id, at: '2026-03-05T10:20:30Z', ok: true, more: { a: ['x', 1.5] }, body: 'line\ntwo' },
    ]);
    expect(rowsSought(entries).get(1)).toBe('5 Mar 2026, 10:20 UTC\tA: x, 1.5\tline two');
    expect(entries.get('pages/crm.notes/0001.html')).toContain(id);
  });

  test('split the texts for the search, with no row lost between the pieces', async () => {
    const { pages, entries } = await write(
      Array.from({ length: 300 }, (_, at) => ({ id: at + 1, body: 'x'.repeat(9_000) })),
    );
    expect(pages?.shards).toBeGreaterThan(1);
    const rows = rowsSought(entries);
    expect([...rows.keys()]).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
    for (const [number, text] of rows) expect(text.startsWith(`${number}\t`)).toBe(true);
  });

  test('let nothing in somebody’s records act', async () => {
    const { entries } = await write([
      { body: HOSTILE },
      { body: { [HOSTILE]: HOSTILE } },
      { body: HOSTILE + 'x'.repeat(30_000) },
    ]);
    const page = entries.get('pages/crm.notes/0001.html') ?? '';
    expect(page).not.toMatch(/<(script|img)/i);
    expect(page).toContain('default-src &#39;none&#39;');
    expect(page).not.toContain('script-src');
    const script = entries.get('pages/crm.notes/search-0001.js') ?? '';
    for (const character of ['<', '\u2028', '\0', '\ud800']) expect(script).not.toContain(character);
    expect(rowsSought(entries).get(1)).toContain('</script><script>alert(1)</script>');
  });

  test('stay of a size that opens, whatever the rows hold', async () => {
    const wide = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`c${at}`, 'y'.repeat(25_000)]));
    const { entries } = await write(Array.from({ length: 12 }, () => wide));
    const page = entries.get('pages/crm.notes/0001.html') ?? '';
    expect(page.length).toBeLessThan(4_000_000);
    expect(page).toContain('the files have all of it');
  });

  test('end at a hundred thousand rows', async () => {
    const { pages, entries } = await write(Array.from({ length: 100_300 }, (_, id) => ({ id })));
    expect(pages).toMatchObject({ pages: 400, rows: 100_000 });
    expect(entries.get('pages/crm.notes/0400.html')).toContain('Records 99,751 to 100,000 of 100,300 records');
    expect(rowsSought(entries).size).toBe(100_000);
  });
});
