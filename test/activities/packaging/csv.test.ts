import { expect, test } from 'vitest';
import { csvHeader, csvRecord } from '../../../activities/packaging/csv.ts';
import { readCells } from '../../../activities/packaging/json-cells.ts';

const csv = (columns: readonly string[], ...rows: readonly object[]): string =>
  csvHeader(columns) + rows.map((row) => csvRecord(readCells(JSON.stringify(row)))).join('');

test('CSV has a header, lines that end as RFC 4180 says, and quotes where they are needed', () => {
  expect(csv(['id', 'a,b'], { id: 1, b: 'plain' }, { id: 2, b: 'two\nlines, "quoted"' })).toBe(
    'id,"a,b"\r\n1,plain\r\n2,"two\nlines, ""quoted"""\r\n',
  );
});

test('CSV tells an empty text from none', () => {
  expect(csv(['a', 'b'], { a: '', b: null })).toBe('a,b\r\n"",\r\n');
});

test('CSV has nothing that a spreadsheet takes for a formula, and numbers that are negative', () => {
  for (const begin of ['=', '+', '-', '@', '\t', '\r', '\n']) {
    expect(csv(['a'], { a: `${begin}1+1` })).toMatch(/^a\r\n"?'/);
  }
  expect(csv(['=1+1'], { a: -5 })).toBe("'=1+1\r\n-5\r\n");
});

test('CSV has structures as their JSON, and truth as its word', () => {
  expect(csv(['a', 'b'], { a: { b: [1] }, b: true })).toBe('a,b\r\n"{""b"":[1]}",true\r\n');
});
