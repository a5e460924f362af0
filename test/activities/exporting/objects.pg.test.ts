import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseDataMap } from '../../../data-map/parse.ts';
import { collection, dataset, field, key, mapFile, mapOf } from '../../data-map/fixtures.ts';
import { openExportFixture } from './export-fixture.ts';
import type { ExportFixture } from './export-fixture.ts';

const MAP = mapOf(
  collection('files', [key('id'), field('object')], { media: [{ column: 'object', store: 'crm-media' }] }),
  collection('posters', [key('id'), field('object')], { media: [{ column: 'object', store: 'crm-media' }] }),
);

const MIB = 2 ** 20;
const OBJECTS = 7;

let fixture: ExportFixture;

beforeAll(async () => {
  fixture = await openExportFixture({
    map: MAP,
    schema: `
      CREATE TABLE files (id int PRIMARY KEY, workspace_id text NOT NULL, object text);
      CREATE TABLE posters (id int PRIMARY KEY, workspace_id text NOT NULL, object text);
      INSERT INTO files SELECT n, 'acme', 'films/' || n || '.bin' FROM generate_series(1, ${OBJECTS}) n;
      INSERT INTO posters VALUES (1, 'acme', 'films/1.bin'), (2, 'acme', 'a/b:c?.txt'), (3, 'acme', 'CON'), (4, 'acme', '../up');`,
  });
  for (let n = 1; n <= OBJECTS; n += 1) await fixture.putMedia(`films/${n}.bin`, String(n).repeat(0.7 * MIB));
  await fixture.putMedia('a/b:c?.txt', 'odd');
  await fixture.putMedia('CON', 'device');
});

afterAll(() => fixture.close());

describe('the objects of a workspace', () => {
  it('are each there once, whoever names them, and a part that grows too large is cut', async () => {
    const ref = await fixture.run();
    const entries = await fixture.entries(ref);
    const manifest = await fixture.manifest(ref);
    for (let n = 1; n <= OBJECTS; n += 1) {
      expect(entries.get(`media/crm-media/films/${n}.bin`)?.toString('latin1')).toBe(String(n).repeat(0.7 * MIB));
    }
    const withFiles = manifest.parts.filter(({ files }) => files > 0);
    expect(withFiles.length).toBeGreaterThan(3);
    for (const { bytes } of withFiles) expect(bytes).toBeLessThan(2 * MIB);
    expect(manifest.totals.files).toBe(OBJECTS + 2);
  });

  it('unpack everywhere, whatever their keys are, and a key that can name none is missing', async () => {
    const ref = await fixture.run();
    const paths = [...(await fixture.entries(ref)).keys()].filter((path) => path.startsWith('media/'));
    expect(paths.filter((path) => /[:?]|\.\.|\/CON$/.test(path))).toEqual([]);
    expect(paths).toHaveLength(OBJECTS + 2);
    expect((await fixture.manifest(ref)).missing).toEqual([{ store: 'crm-media', object: '../up' }]);
  });
});

describe("the objects in a workspace's folders", () => {
  it('are returned whether or not a row names them, and those of another workspace are not', async () => {
    const folders = [{ store: 'crm-media', prefix: 'of/{tenant}/' }];
    const files = collection('files', [key('id'), field('object')], {
      media: [{ column: 'object', store: 'crm-media' }],
    });
    const whole = await openExportFixture({
      map: parseDataMap([mapFile(dataset([files], { folders }))]),
      schema: `CREATE TABLE files (id int PRIMARY KEY, workspace_id text NOT NULL, object text);
        INSERT INTO files VALUES (1, 'acme', 'of/acme/named.txt'), (2, 'acme', 'elsewhere.txt'), (3, 'acme', 'of/acme/gone.txt');`,
    });
    for (const object of ['of/acme/named.txt', 'of/acme/left/behind.txt', 'of/acmeco/other.txt', 'elsewhere.txt'])
      await whole.putMedia(object, object);
    onTestFinished(() => whole.close());
    const ref = await whole.run();
    const paths = [...(await whole.entries(ref)).keys()].filter((path) => path.startsWith('media/'));
    expect(paths.toSorted()).toEqual([
      'media/crm-media/elsewhere.txt',
      'media/crm-media/of/acme/left/behind.txt',
      'media/crm-media/of/acme/named.txt',
    ]);
    expect((await whole.manifest(ref)).missing).toEqual([{ store: 'crm-media', object: 'of/acme/gone.txt' }]);
  });
});
