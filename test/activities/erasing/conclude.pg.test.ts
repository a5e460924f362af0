import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import { endErasure, eraseMedia } from '../../../activities/erasing/conclude.ts';
import { forgetFailPoints } from '../../../activities/erasing/fail-points.ts';
import { Unavailable } from '../../../domain/errors.ts';
import { MerkleTree } from '../../../domain/merkle.ts';
import { readJournal } from '../../../platform/erasure-journal.ts';
import { openSources } from '../../../platform/sources.ts';
import { createHash } from 'node:crypto';
import { collection, email, field, key, mapOf } from '../../data-map/fixtures.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { openErasingFixture, reduce } from './erasing-fixture.ts';
import type { ErasingFixture, OpenErasure } from './erasing-fixture.ts';

const media = [{ column: 'file', store: 'media', derived: ['{key}.thumb.jpg', 'sizes/{key}/*'] }];
const MAP = mapOf(
  collection('files', [key('id'), field('workspace_id'), email(), field('file', {}, { data_categories: ['user'] })], {
    media,
  }),
);
const SCHEMA = `CREATE TABLE files (id integer PRIMARY KEY, workspace_id text NOT NULL, person integer NOT NULL, email text,
  file text)`;
const ROWS = `
  TRUNCATE files, steward.erasure_ledger, steward.erasures, steward.erasure_targets, steward.erasure_objects;
  INSERT INTO files SELECT i, 'w', 1 + i % 2, 'maya@example.com', 'file-' || i FROM generate_series(1, 1200) i WHERE i <> 4;
  INSERT INTO files VALUES (4, 'w', 1, NULL, 'file-2');
`;

let fixture: ErasingFixture;
beforeAll(async () => {
  fixture = await openErasingFixture(MAP, SCHEMA);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.source.pool.query(ROWS));
afterEach(() => {
  delete process.env['STEWARD_FAIL_POINTS'];
  forgetFailPoints();
});

const store = () => fixture.deps.sources.objectStore('media');
const put = (name: string) => store().put(name, Readable.from(['x']));

async function objects(): Promise<string[]> {
  const found: string[] = [];
  for await (const each of store().list('')) found.push(each.key);
  return found;
}

async function clearStore(): Promise<void> {
  for (const each of await objects()) await store().delete(each);
}

describe('the objects that erased records named', () => {
  beforeEach(clearStore);

  it('go with what is made of them, and those of others stay', async () => {
    for (const each of ['file-6', 'file-6.thumb.jpg', 'sizes/file-6/a', 'sizes/file-6/b/c', 'file-67', 'file-7'])
      await put(each);
    const erasure = await fixture.open();
    await erasure.erase();
    expect(await erasure.eraseMedia()).toBe(4);
    expect(await objects()).toEqual(['file-67', 'file-7']);
  });

  it('stay while a record that was left names them', async () => {
    await put('file-2');
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await fixture.source.pool.query('UPDATE files SET email = NULL WHERE id = 2');
    expect((await erasure.erase()).outcome).toBe('stale');
    expect(await erasure.eraseMedia()).toBe(0);
    expect(await objects()).toEqual(['file-2']);
  });

  it('go when their record is reduced and does not keep their name', async () => {
    await put('file-2');
    const erasure = await fixture.open({ files: reduce('email') });
    await erasure.erase();
    expect(await erasure.eraseMedia()).toBe(1);
    expect(await objects()).toEqual([]);
  });

  it.each(['media.before_delete', 'media.after_delete'])(
    'are counted once when the worker dies at %s',
    async (point) => {
      for (const each of ['file-2', 'file-6', 'file-8.thumb.jpg', 'file-8']) await put(each);
      const erasure = await fixture.open();
      await erasure.erase();
      process.env['STEWARD_FAIL_POINTS'] = `${point}@2=throw`;
      await expect(erasure.eraseMedia()).rejects.toThrow(/fail-point/);
      expect(await erasure.eraseMedia()).toBe(4);
      expect(await objects()).toEqual([]);
    },
  );
});

interface JournalRow {
  readonly key: string;
  readonly root: string;
  readonly leaves: number;
}

async function journalOf({ erasureId }: OpenErasure): Promise<JournalRow | null> {
  const { rows } = await fixture.own.pool.query<{ journal: JournalRow | null }>(
    'SELECT journal FROM steward.erasures WHERE id = $1',
    [erasureId],
  );
  return rows[0]?.journal ?? null;
}

async function leavesIn(erasure: OpenErasure, at: string): Promise<string[]> {
  const place = { ...fixture.deps, ...erasure, keyId: fixture.deps.ring.current('tombstone').id };
  const found: string[] = [];
  for await (const { leaves } of readJournal(place, at))
    for (let from = 0; from < leaves.length; from += 32) found.push(leaves.subarray(from, from + 32).toString('hex'));
  return found;
}

const rootOf = (leaves: readonly string[]): string => {
  const tree = new MerkleTree((bytes) => createHash('sha256').update(bytes).digest());
  for (const leaf of leaves) tree.add(Buffer.from(leaf, 'hex'));
  return Buffer.from(tree.root()).toString('hex');
};

const targets = async (): Promise<number> =>
  (await fixture.source.pool.query('SELECT FROM steward.erasure_targets')).rowCount ?? 0;

describe('an erasure of which a source is no longer connected', () => {
  it('goes no further at any step, says which, and goes on when it is back', async () => {
    await clearStore();
    await put('file-6');
    const erasure = await fixture.open();
    await erasure.erase();
    const sources = openSources([{ name: 'crm', kind: 'postgres', url: fixture.source.url }]);
    const without = { ...fixture.deps, sources };
    const steps = [
      () => eraseRecords(without, erasure, quietControl(), () => Promise.reject(new Error('It is not prepared.'))),
      () => eraseMedia(without, erasure, quietControl()),
      () => endErasure(without, erasure, quietControl()),
    ];
    for (const step of steps) {
      const failure = await step().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Unavailable);
      expect(String(failure)).toContain('Records of this erasure are in crm');
    }
    await sources.close();
    expect(await objects()).toEqual(['file-6']);
    expect(await erasure.eraseMedia()).toBe(1);
    await erasure.end();
    expect(await objects()).toEqual([]);
  });
});

describe('the journal of an erasure', () => {
  it('has the keyed hash of every record, with their root, and the keys are gone from the source', async () => {
    const erasure = await fixture.open();
    await erasure.erase();
    const { rows } = await fixture.source.pool.query<{ leaf: string }>(
      `SELECT encode(unnest(leaves), 'hex') AS leaf FROM steward.erasure_targets ORDER BY block`,
    );
    await erasure.end();
    const journal = await journalOf(erasure);
    const leaves = await leavesIn(erasure, journal?.key ?? '');
    expect(leaves.length).toBe(601 - 1);
    expect([...leaves].sort()).toEqual(rows.map(({ leaf }) => leaf).sort());
    expect(journal).toMatchObject({ leaves: 600, root: rootOf(leaves) });
    expect(await targets()).toBe(0);
  });

  it('has no hash of what was left, and goes on with what a later plan erased', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await fixture.source.pool.query('UPDATE files SET email = NULL WHERE id = 2');
    await erasure.erase();
    await erasure.end();
    const first = await journalOf(erasure);
    expect(first?.leaves).toBe(599);
    await erasure.plan();
    expect((await erasure.erase()).outcome).toBe('erased');
    await erasure.end();
    const second = await journalOf(erasure);
    expect(second?.leaves).toBe(600);
    const [before, after] = [await leavesIn(erasure, first?.key ?? ''), await leavesIn(erasure, second?.key ?? '')];
    expect(after.slice(0, 599)).toEqual(before);
    expect(second?.root).toBe(rootOf(after));
  });

  it.each(['journal.before_write', 'journal.after_write', 'end.before_clear'])(
    'is the same when the worker dies at %s',
    async (point) => {
      const erasure = await fixture.open();
      await erasure.erase();
      process.env['STEWARD_FAIL_POINTS'] = `${point}=throw`;
      await expect(erasure.end()).rejects.toThrow(/fail-point/);
      await erasure.end();
      await erasure.end();
      const journal = await journalOf(erasure);
      expect(journal?.leaves).toBe(600);
      expect(rootOf(await leavesIn(erasure, journal?.key ?? ''))).toBe(journal?.root);
      expect(await targets()).toBe(0);
    },
  );

  it('is not written when the source has fewer hashes than its ledger says', async () => {
    const erasure = await fixture.open();
    await erasure.erase();
    await fixture.source.pool.query('DELETE FROM steward.erasure_targets WHERE block = 1');
    await expect(erasure.end()).rejects.toThrow(/600 rows and there are 100 leaves/);
    expect(await journalOf(erasure)).toBeNull();
  });
});
