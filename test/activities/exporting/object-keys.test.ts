import { assert, asyncProperty, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storesOf, union } from '../../../activities/exporting/object-keys.ts';
import { InvalidDataMap } from '../../../domain/errors.ts';
import { collect } from '../../support/collect.ts';
import { collection, dataset, field, key, mapFile } from '../../data-map/fixtures.ts';
import { parseDataMap } from '../../../data-map/parse.ts';

const inOrder = (keys: readonly string[]) =>
  keys.toSorted((a, b) => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')));

async function* each(keys: readonly string[]): AsyncGenerator<string> {
  yield* keys;
}

describe('the union of two listings of keys', () => {
  it('has each key once, in the order of the bytes of its UTF-8', async () => {
    const keys = uniqueArray(string({ unit: 'binary', maxLength: 3 }), { maxLength: 12 });
    await assert(
      asyncProperty(keys, keys, async (a, b) => {
        expect(await collect(union(each(inOrder(a)), each(inOrder(b))))).toEqual(inOrder([...new Set([...a, ...b])]));
      }),
    );
  });
});

describe("a workspace's folders", () => {
  const map = parseDataMap([
    mapFile(
      dataset([collection('files', [key('id'), field('object')])], {
        folders: [{ store: 'media', prefix: 'of/{tenant}/' }],
      }),
    ),
  ]);

  it('go by the name that the source has for it, whatever it is', () => {
    expect(storesOf(map, 'crm', '$&7', [])).toEqual([{ store: 'media', collections: [], folders: ['of/$&7/'] }]);
    expect(storesOf(map, 'other', '7', [])).toEqual([]);
  });

  it.each(['../other', 'a/b', '..', ''])('are refused where that name, %j, would lead elsewhere', (name) => {
    expect(() => storesOf(map, 'crm', name, [])).toThrow(InvalidDataMap);
  });
});
