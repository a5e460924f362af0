/**
 * The values of a row of JSON, each as its own text. JSON.parse would lose digits of large numbers and trailing zeros, and
 * takes several times as long with a reviver that keeps them.
 */

/** `text` is what the value says: unescaped for a text, as it stands in JSON for anything else. */
export interface Cell {
  readonly kind: 'null' | 'text' | 'number' | 'boolean' | 'structure';
  readonly text: string;
}

export const NULL: Cell = { kind: 'null', text: '' };
const TRUE: Cell = { kind: 'boolean', text: 'true' };
const FALSE: Cell = { kind: 'boolean', text: 'false' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const COMMA = 0x2c;

/**
 * The values of one object, in its order, which is that of the columns asked for. Throws SyntaxError when the line is not
 * a JSON object.
 */
export function readCells(line: string): readonly Cell[] {
  if (line.charCodeAt(0) !== OPENING_BRACE) throw notAnObject();
  const cells: Cell[] = [];
  let at = skipSpace(line, 1);
  while (line.charCodeAt(at) === QUOTE) {
    at = skipSpace(line, endOfString(line, at));
    if (line[at] !== ':') throw notAnObject();
    const start = skipSpace(line, at + 1);
    const end = endOfValue(line, start);
    cells.push(cellOf(line, start, end));
    at = skipSpace(line, end);
    if (line.charCodeAt(at) === CLOSING_BRACE) return cells;
    if (line.charCodeAt(at) !== COMMA) throw notAnObject();
    at = skipSpace(line, at + 1);
  }
  if (line.charCodeAt(at) === CLOSING_BRACE && cells.length === 0) return cells;
  throw notAnObject();
}

function skipSpace(line: string, from: number): number {
  let at = from;
  while (line.charCodeAt(at) <= 0x20) at += 1;
  return at;
}

/** After the closing quote of the string that begins at `start`. */
function endOfString(line: string, start: number): number {
  for (let at = line.indexOf('"', start + 1); at !== -1; at = line.indexOf('"', at + 1)) {
    let escapes = 0;
    while (line.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  throw notAnObject();
}

function endOfValue(line: string, start: number): number {
  const first = line.charCodeAt(start);
  if (first === QUOTE) return endOfString(line, start);
  if (first === OPENING_BRACE || first === OPENING_BRACKET) return endOfStructure(line, start);
  let at = start;
  for (; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === COMMA || code === CLOSING_BRACE || code <= 0x20) return at;
  }
  throw notAnObject();
}

function endOfStructure(line: string, start: number): number {
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) at = endOfString(line, at) - 1;
    else if (code === OPENING_BRACE || code === OPENING_BRACKET) depth += 1;
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw notAnObject();
}

function cellOf(line: string, start: number, end: number): Cell {
  switch (line.charCodeAt(start)) {
    case QUOTE:
      return { kind: 'text', text: unescaped(line.slice(start, end)) };
    case OPENING_BRACE:
    case OPENING_BRACKET:
      return { kind: 'structure', text: line.slice(start, end) };
    case 0x6e: // n
      return NULL;
    case 0x74: // t
      return TRUE;
    case 0x66: // f
      return FALSE;
    default:
      return { kind: 'number', text: line.slice(start, end) };
  }
}

function unescaped(literal: string): string {
  return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

const notAnObject = (): Error => new SyntaxError('A row is not a JSON object.');
