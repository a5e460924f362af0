import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCells } from '../../../activities/packaging/json-cells.ts';

const values = (line: string): readonly unknown[] =>
  readCells(line).map(({ kind, text }) => (kind === 'text' ? text : kind === 'null' ? null : JSON.parse(text)));

describe('the values of a row', () => {
  test('are those that JSON.parse finds, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1), (row, spaces) => {
        const entries = Object.entries(row).map(
          ([key, value]) => `${JSON.stringify(key)}${' '.repeat(spaces)}:${JSON.stringify(value, null, spaces)}`,
        );
        expect(values(`{${entries.join(',')}}`)).toEqual(
          Object.values(row).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
        );
      }),
    );
  });

  test('keep numbers as they were written', () => {
    expect(readCells('{"a":9007199254740993,"b":12.50,"c":-1e400}').map(({ text }) => text)).toEqual([
      '9007199254740993',
      '12.50',
      '-1e400',
    ]);
  });

  test('may hold the odd characters that PostgreSQL lets through as escapes', () => {
    expect(readCells(String.raw`{"a":"\u0000\ud800\u2028","b":{"c":"}\\\""}}`)).toEqual([
      { kind: 'text', text: '\u0000\ud800\u2028' },
      { kind: 'structure', text: String.raw`{"c":"}\\\""}` },
    ]);
  });

  test.each(['', '[]', '{', '{"a"}', '{"a":1', '{"a":"1}', '{"a":[1}', '{"a":1 "b":2}'])(
    'of %j are refused',
    (line) => {
      expect(() => readCells(line)).toThrow(SyntaxError);
    },
  );
});
