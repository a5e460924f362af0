/**
 * Rows as CSV (RFC 4180): comma, CRLF, quotes doubled, a header. An empty text is quoted and nothing at all is not, as
 * PostgreSQL writes them.
 *
 * A spreadsheet takes text that begins with one of a few characters for a formula (OWASP, CSV Injection); an apostrophe
 * before it makes it text. Numbers stay numbers, also negative ones.
 */
import { readCells } from './json-cells.ts';
import type { Cell } from './json-cells.ts';

/** The file in pieces, from batches of JSON lines whose values stand in the order of `columns`. */
export async function* csvOf(
  columns: readonly string[],
  batches: AsyncIterable<readonly string[]>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`${columns.map((name) => textField(name)).join(',')}\r\n`);
  for await (const lines of batches) yield Buffer.from(lines.map(record).join(''));
}

const record = (line: string): string => `${readCells(line).map(fieldOf).join(',')}\r\n`;

function fieldOf({ kind, text }: Cell): string {
  if (kind === 'text') return textField(text);
  return kind === 'structure' ? quoted(text) : text;
}

const FORMULA = /^[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^$/;

function textField(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? quoted(safe) : safe;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
