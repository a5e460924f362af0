import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPackage } from '../../../activities/packaging/build-package.ts';
import { verifyPackage } from '../../../activities/packaging/verify-package.ts';
import type { Manifest } from '../../../domain/manifest.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { parseManifest } from '../../../platform/manifest-format.ts';
import { ADA, MAP_WITH_SUPPORT, NOBODY, objectsOf, openPackagingFixture, quietControl } from './packaging-fixture.ts';
import type { PackagingFixture } from './packaging-fixture.ts';

let fixture: PackagingFixture;
beforeAll(async () => {
  fixture = await openPackagingFixture();
});
afterAll(() => fixture.close());
beforeEach(() => fixture.source.pool.query('TRUNCATE files; DELETE FROM notes WHERE id >= 1000'));

const verify = (ref: RequestRef) => verifyPackage(fixture.deps, ref, quietControl());
const build = (ref: RequestRef, control = quietControl()) => buildPackage(fixture.deps, ref, control);

const json = (entries: Map<string, Buffer>, path: string): unknown => JSON.parse(text(entries, path));
const text = (entries: Map<string, Buffer>, path: string): string => entries.get(path)?.toString('utf8') ?? '';

function manifestIn(entries: Map<string, Buffer>): Manifest {
  const manifest = parseManifest(entries.get('manifest.json') ?? Buffer.alloc(0));
  if (!manifest) throw new Error('The manifest is not one.');
  return manifest;
}

const storedObjects = () => objectsOf(fixture);

async function addFile(id: number, object: string, title: string | null): Promise<void> {
  await fixture.source.pool.query('INSERT INTO files VALUES ($1, $2, 1, $3, $4)', [id, 'acme', object, title]);
}

describe('a package', () => {
  it('has the rows of the person as they are in the source, and nobody else’s', async () => {
    const ref = await fixture.fileRequest(ADA);
    const result = await build(ref);
    const entries = await fixture.openPackage(ref);
    expect(json(entries, 'data/people/crm.contacts.json')).toEqual([
      {
        id: 1,
        email: ADA,
        name: 'Ada <b>Lovelace</b>',
        profile: { lines: ['one', 'two'], n: 1.5 },
        balance: 12.5,
        big: expect.any(Number),
        born: '1815-12-10',
      },
    ]);
    expect(text(entries, 'data/people/crm.contacts.json')).toContain('"big":9007199254740993');
    const { rows } = await fixture.source.pool.query<{ row: unknown }>(
      'SELECT row_to_json(n) AS row FROM (SELECT id, contact_id, body, written_at FROM notes WHERE contact_id = 1 ORDER BY id) n',
    );
    expect(json(entries, 'data/activities/crm.notes.json')).toEqual(rows.map(({ row }) => row));
    expect(result).toMatchObject({ rows: 4, files: 0, missingFiles: 0 });
    const everything = [...entries.values()].map(String).join('\n');
    expect(everything).not.toMatch(/about Bob|Ada elsewhere|\$2b\$10\$secret/);
  });

  it('has the same rows as CSV, with no formula in it', async () => {
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    const csv = text(await fixture.openPackage(ref), 'data/activities/crm.notes.csv');
    expect(csv).toMatch(/^id,contact_id,body,written_at\r\n/);
    expect(csv).toContain('"Line one\nLine two, with ""quotes"""');
    expect(csv).toContain('"\'=HYPERLINK(""https://evil.example"")"');
  });

  it('has the same rows as JSON Lines, one a line', async () => {
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    const entries = await fixture.openPackage(ref);
    const lines = text(entries, 'data/activities/crm.notes.jsonl').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(json(entries, 'data/activities/crm.notes.json'));
    expect(text(entries, 'data/people/crm.contacts.jsonl').split('\n')).toHaveLength(2);
  });

  it('names the sources that it could not search, in its manifest and for people', async () => {
    const ref = await fixture.fileRequest(ADA);
    await buildPackage({ ...fixture.deps, map: MAP_WITH_SUPPORT }, ref, quietControl());
    const entries = await fixture.openPackage(ref);
    expect(parseManifest(entries.get('manifest.json') ?? Buffer.of())).toMatchObject({
      unreached: [{ source: 'support', collections: ['support.tickets'] }],
    });
    for (const page of ['README.txt', 'index.html']) expect(text(entries, page)).toContain('support: Tickets');
  });

  it('says what its columns mean, for programs', async () => {
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    expect(json(await fixture.openPackage(ref), 'data/fields.json')).toMatchObject({
      language: 'en',
      collections: [
        {
          collection: 'crm.contacts',
          files: { jsonl: 'data/people/crm.contacts.jsonl' },
          fields: expect.arrayContaining([{ name: 'name', label: 'Full name' }]),
          omitted: [{ name: 'password_hash', label: 'Password hash' }],
        },
        { collection: 'crm.notes' },
      ],
    });
  });

  it('speaks the language of the request', async () => {
    const ref = await fixture.fileRequest(ADA);
    await fixture.own.pool.query(`UPDATE steward.requests SET language = 'de' WHERE id = $1`, [ref.requestId]);
    await build(ref);
    const entries = await fixture.openPackage(ref);
    expect(text(entries, 'index.html')).toContain('<html lang="de">');
    expect(text(entries, 'README.txt')).toContain('Ihre Daten bei Acme & Söhne');
    expect(manifestIn(entries).language).toBe('de');
    await verify(ref);
  });

  it('of many rows has pages with all of them', async () => {
    await fixture.source.pool.query(
      `INSERT INTO notes SELECT i, 'acme', 1, 'note ' || i, now() FROM generate_series(1001, 1600) i`,
    );
    const ref = await fixture.fileRequest(ADA);
    expect(await build(ref)).toMatchObject({ rows: 604 });
    const entries = await fixture.openPackage(ref);
    expect([...entries.keys()].filter((path) => path.startsWith('pages/'))).toEqual([
      'pages/crm.notes/0001.html',
      'pages/crm.notes/0002.html',
      'pages/crm.notes/0003.html',
      'pages/crm.notes/search-0001.js',
      'pages/style.css',
    ]);
    expect(text(entries, 'pages/crm.notes/0003.html')).toContain('note 1600');
    expect(text(entries, 'index.html')).toContain('The first 20 of 603 records are shown.');
    await verify(ref);
  });

  it('takes odd characters that JSON lets through', async () => {
    await fixture.source.pool.query(
      `UPDATE contacts SET profile = E'{"a": "\\\\u0000\\\\ud800\\\\u2028</script>"}' WHERE id = 1`,
    );
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    const entries = await fixture.openPackage(ref);
    expect(json(entries, 'data/people/crm.contacts.json')).toMatchObject([
      { profile: { a: '\u0000\ud800\u2028</script>' } },
    ]);
    expect(text(entries, 'index.html')).toContain('A:</span> <bdi>\ufffd\ufffd\u2028&lt;/script&gt;');
    await verify(ref);
  });

  it('lists every entry with its size and digest, and what it counts', async () => {
    const ref = await fixture.fileRequest(ADA);
    const result = await build(ref);
    const entries = await fixture.openPackage(ref);
    const manifest = manifestIn(entries);
    const described = new Set(['manifest.json', 'manifest.jws.json']);
    expect(manifest.files.map(({ path }) => path).sort()).toEqual(
      [...entries.keys()].filter((path) => !described.has(path)).sort(),
    );
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = entries.get(path) ?? Buffer.alloc(0);
      expect([content.length, createHash('sha256').update(content).digest('hex')], path).toEqual([bytes, sha256]);
    }
    expect(manifest).toMatchObject({
      packageId: result.packageId,
      requestId: ref.requestId,
      workspace: { id: ref.workspaceId, name: 'Acme & Söhne' },
      totals: { rows: 4, files: 0, missingFiles: 0 },
      snapshots: { crm: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
    expect(manifest.collections.map(({ collection, rows, omitted }) => [collection, rows, omitted])).toEqual([
      ['crm.contacts', 1, ['password_hash']],
      ['crm.notes', 3, []],
      ['crm.files', 0, []],
      ['crm.invoices', 0, []],
    ]);
  });

  it('has the files that rows name, under safe names of their own, and lists those that the store lacks', async () => {
    await fixture.putMedia('a/photo.jpg', 'a photo');
    await fixture.putMedia('b/photo.jpg', 'another photo');
    await addFile(1, 'a/photo.jpg', '../../My photo');
    await addFile(2, 'b/photo.jpg', '..\\..\\MY PHOTO.jpg');
    await addFile(3, 'a/photo.jpg', 'the same object again');
    await addFile(4, 'c/lost.pdf', 'lost');
    await addFile(5, '../../etc/passwd', null);
    const ref = await fixture.fileRequest(ADA);
    expect(await build(ref)).toMatchObject({ files: 2, missingFiles: 2 });
    const entries = await fixture.openPackage(ref);
    expect(text(entries, 'media/crm.files/_.._My photo.jpg')).toBe('a photo');
    expect(text(entries, 'media/crm.files/_.._MY PHOTO (2).jpg')).toBe('another photo');
    expect(manifestIn(entries).missing).toEqual([
      { collection: 'crm.files', path: 'c/lost.pdf' },
      { collection: 'crm.files', path: '../../etc/passwd' },
    ]);
    await verify(ref);
  });

  it('for nobody is honest, signed and verifies', async () => {
    const ref = await fixture.fileRequest(NOBODY);
    expect(await build(ref)).toMatchObject({ rows: 0, files: 0 });
    const entries = await fixture.openPackage(ref);
    expect([...entries.keys()]).toEqual([
      'data/fields.json',
      'index.html',
      'letter.pdf',
      'README.txt',
      'manifest.json',
      'manifest.jws.json',
    ]);
    expect(text(entries, 'index.html')).toContain('No records found');
    expect(text(entries, 'README.txt')).toContain('No records found');
    await verify(ref);
  });

  it('is built once, however often it is asked for', async () => {
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const first = await build(ref);
    expect(await build(ref)).toEqual(first);
    expect(await storedObjects()).toHaveLength(before + 1);
    expect((await fixture.events(ref)).filter((kind) => kind === 'package_built')).toHaveLength(1);
  });

  it('of two attempts at once is the first one’s, and the other leaves nothing', async () => {
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const [first, second] = await Promise.all([build(ref), build(ref)]);
    expect(first).toEqual(second);
    expect(await storedObjects()).toHaveLength(before + 1);
    await verify(ref);
  });

  it('takes away what an attempt that died has stored', async () => {
    const ref = await fixture.fileRequest(ADA);
    const before = (await storedObjects()).length;
    const leaving = `packages/${ref.workspaceId}/${ref.requestId}/left`;
    await fixture.deps.storage.put(leaving, (await fixture.deps.storage.get(await anyObject())).stream);
    await build(ref);
    expect(await storedObjects()).toHaveLength(before + 1);
  });

  async function anyObject(): Promise<string> {
    for await (const { key } of fixture.deps.storage.list('packages/')) return key;
    throw new Error('Nothing is stored.');
  }

  it('is on the disk only sealed', async () => {
    const ref = await fixture.fileRequest(ADA);
    await build(ref);
    for (const file of await storedObjects()) {
      const bytes = await readFile(file);
      expect(bytes.includes('Lovelace') || bytes.includes('README.txt') || bytes.includes('PK\u0003\u0004')).toBe(
        false,
      );
    }
  });

  it('can be built again under the same id after it was thrown away', async () => {
    const ref = await fixture.fileRequest(ADA);
    const first = await build(ref);
    await fixture.own.pool.query(`UPDATE steward.packages SET status = 'deleted', deleted_at = now() WHERE id = $1`, [
      first.packageId,
    ]);
    const second = await build(ref);
    expect(second.packageId).toBe(first.packageId);
    await verify(ref);
  });
});
