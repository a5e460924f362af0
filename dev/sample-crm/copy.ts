/** Writes rows by COPY in PostgreSQL's text format, with the server's pace as the only buffer. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

type Value = string | number | boolean | Date | Buffer | null | readonly string[] | { readonly [key: string]: unknown };
/** Column name to value; every row of a table has the same columns in the same order. */
export type Row = Readonly<Record<string, Value>>;

const CHUNK_CHARACTERS = 64 * 1024;

/** Answers how many rows were written. */
export async function copyRows(client: ClientBase, table: string, rows: Iterable<Row>): Promise<number> {
  const source = rows[Symbol.iterator]();
  const first = source.next();
  if (first.done) return 0;
  const columns = Object.keys(first.value);
  let count = 0;
  function* chunks(): Generator<string> {
    let chunk = '';
    for (let item: IteratorResult<Row> = first; !item.done; item = source.next()) {
      chunk += `${Object.values(item.value).map(encode).join('\t')}\n`;
      count += 1;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield chunk;
      chunk = '';
    }
    yield chunk;
  }
  const names = columns.map((column) => `"${column}"`).join(', ');
  await pipeline(Readable.from(chunks()), client.query(copyFrom(`COPY app.${table} (${names}) FROM STDIN`)));
  return count;
}

function encode(value: Value): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
  if (isList(value)) return escape(`{${value.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`);
  return escape(JSON.stringify(value));
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escape(text: string): string {
  return text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
