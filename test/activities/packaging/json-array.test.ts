import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonArray } from '../../../activities/packaging/json-array.ts';

const LIMITS = { rows: 2, bytes: 1_000 };

function through(array: JsonArray, text: string, pieceBytes: number): string {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    array.take(bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes)),
  );
  return Buffer.concat([...pieces, array.end()]).toString('utf8');
}

describe('JSON lines', () => {
  test('become one array however they were cut', () => {
    const rows = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 50 }), (records, pieceBytes) => {
        const array = new JsonArray(LIMITS);
        const text = through(array, records.map((row) => `${JSON.stringify(row)}\n`).join(''), pieceBytes);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(records)));
        expect(array.rows).toBe(records.length);
      }),
    );
  });

  test('that are none become an empty array', () => {
    expect(through(new JsonArray(LIMITS), '', 1)).toBe('[]\n');
  });

  test('leave the first rows to be shown, with numbers as they were written', () => {
    const array = new JsonArray(LIMITS);
    through(array, '{"id":9007199254740993,"price":12.50}\n{"id":2}\n{"id":3}\n', 7);
    expect(array.sample.map((row) => row.map(({ text }) => text))).toEqual([['9007199254740993', '12.50'], ['2']]);
  });

  test('are kept only up to the limit of bytes', () => {
    const array = new JsonArray({ rows: 10, bytes: 20 });
    through(array, `{"a":1}\n{"a":"${'x'.repeat(100)}"}\n{"a":3}\n`, 16);
    expect(array.sample).toEqual([[{ kind: 'number', text: '1' }]]);
    expect(array.rows).toBe(3);
  });
});
