/**
 * Rows as CSV (RFC 4180): comma, CRLF, quotes doubled, a header. An empty text is quoted and nothing at all is not, as
 * PostgreSQL writes them.
 *
 * A spreadsheet takes text that begins with one of a few characters for a formula (OWASP, CSV Injection); an apostrophe
 * before it makes it text. Numbers stay numbers, also negative ones.
 */
import type { Cell } from './json-cells.ts';

export const csvHeader = (columns: readonly string[]): string => `${columns.map(textField).join(',')}\r\n`;

/** The cells stand in the order of the header's columns. */
export function csvRecord(cells: readonly Cell[]): string {
  return `${cells.map(fieldOf).join(',')}\r\n`;
}

function fieldOf({ kind, text }: Cell): string {
  if (kind === 'text') return textField(text);
  return kind === 'structure' ? quoted(text) : text;
}

const FORMULA = /^[=+\-@\t\r\n]/;
const NEEDS_QUOTES = /[",\r\n]|^$/;
/** Most texts need neither. */
const PLAIN = /^[^",\r\n=+\-@\t][^",\r\n]*$/;

function textField(text: string): string {
  if (PLAIN.test(text)) return text;
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? quoted(safe) : safe;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
