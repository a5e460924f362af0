import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipArchive } from 'archiver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyRing } from '../../platform/keys.ts';
import { ensureKeyRing, loadKeyRing } from '../../platform/key-ring.ts';
import { verifyPackageFile } from '../../platform/package-verification.ts';
import { publicKeySet, signDetached } from '../../platform/signing.ts';

type Entry = readonly [path: string, content: string];

const CONTENT: readonly Entry[] = [
  ['index.html', '<!doctype html><title>Your data</title>'],
  ['README.txt', 'What this is'],
  ['data/contacts/crm.contacts.json', '[\n{"id":1,"name":"Ada Lovelace"}\n]\n'],
  ['data/contacts/crm.contacts.csv', 'id,name\n1,Ada Lovelace\n'],
  ['media/crm.files/photo.jpg', 'not really a photo'],
];

let folder: string;
let ring: KeyRing;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-verify-'));
  await ensureKeyRing(join(folder, 'keys.json'));
  ring = await loadKeyRing(join(folder, 'keys.json'));
});
afterAll(() => rm(folder, { recursive: true }));

function manifestOf(entries: readonly Entry[]): Record<string, unknown> {
  return {
    format: 'steward-package/1',
    packageId: '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f01',
    requestId: '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f02',
    requestType: 'access',
    regime: 'gdpr',
    workspace: { id: '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f03', name: 'Acme Realty' },
    instruction: { id: '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f04', version: 1 },
    dataMapVersion: 'f'.repeat(64),
    snapshots: { crm: '2026-03-05T10:20:30.000Z' },
    createdAt: '2026-03-05T10:20:30.000Z',
    totals: { rows: 1, files: 1, missingFiles: 0 },
    collections: [
      { source: 'crm', collection: 'crm.contacts', label: 'Contacts', kind: 'contacts', rows: 1, omitted: [] },
    ],
    files: entries.map(([path, content]) => ({
      path,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
    missing: [],
  };
}

async function signedEntries(listed: readonly Entry[], manifest = manifestOf(listed)): Promise<readonly Entry[]> {
  const document = JSON.stringify(manifest);
  const signature = JSON.stringify(await signDetached(ring, Buffer.from(document)));
  return [...listed, ['manifest.json', document], ['manifest.jws.json', signature]];
}

async function zipOf(entries: readonly Entry[]): Promise<Buffer> {
  const zip = new ZipArchive();
  for (const [name, content] of entries) zip.append(content, { name });
  const [bytes] = await Promise.all([buffer(zip), zip.finalize()]);
  return bytes;
}

async function verify(bytes: Buffer, keys = publicKeySet(ring)) {
  const file = join(folder, 'package.zip');
  await writeFile(file, bytes);
  return verifyPackageFile(file, keys);
}

const paths = (report: Awaited<ReturnType<typeof verify>>) => report.problems.map(({ path }) => path);

const replaced = (entries: readonly Entry[], path: string, content: string): readonly Entry[] =>
  entries.map((entry) => (entry[0] === path ? [path, content] : entry));

describe('a package', () => {
  test('that was not touched verifies, and its manifest is answered', async () => {
    const report = await verify(await zipOf(await signedEntries(CONTENT)));
    expect(report).toMatchObject({ ok: true, problems: [], manifest: { workspace: { name: 'Acme Realty' } } });
  });

  test.each(CONTENT.map(([path]) => path))(
    'in which one byte of %s was changed is found out, and the file named',
    async (path) => {
      const entries = await signedEntries(CONTENT);
      const content = CONTENT.find((entry) => entry[0] === path)?.[1] ?? '';
      const report = await verify(await zipOf(replaced(entries, path, `X${content.slice(1)}`)));
      expect(report.ok).toBe(false);
      expect(report.problems).toEqual([{ path, what: expect.stringContaining('SHA-256') }]);
    },
  );

  test('whose manifest was changed, even by a space, has no good signature', async () => {
    const entries = await signedEntries(CONTENT);
    const manifest = entries.find(([path]) => path === 'manifest.json')?.[1] ?? '';
    const report = await verify(await zipOf(replaced(entries, 'manifest.json', `${manifest} `)));
    expect(paths(report)).toEqual(['manifest.jws.json']);
  });

  test('whose signature was changed or is no signature is found out', async () => {
    const entries = await signedEntries(CONTENT);
    for (const signature of ['{}', 'nonsense', '{"protected":"e30","signature":"AA"}']) {
      expect(paths(await verify(await zipOf(replaced(entries, 'manifest.jws.json', signature))))).toEqual([
        'manifest.jws.json',
      ]);
    }
  });

  test('signed by a key that is not ours is found out', async () => {
    const report = await verify(await zipOf(await signedEntries(CONTENT)), { keys: [] });
    expect(paths(report)).toEqual(['manifest.jws.json']);
  });

  test.each(['index.html', 'manifest.json', 'manifest.jws.json'])('without %s is not whole', async (path) => {
    const entries = await signedEntries(CONTENT);
    expect(paths(await verify(await zipOf(entries.filter((entry) => entry[0] !== path))))).toContain(path);
  });

  test('with an entry that is not listed is found out', async () => {
    const report = await verify(await zipOf([...(await signedEntries(CONTENT)), ['data/more.json', '[]']]));
    expect(report.problems).toEqual([{ path: 'data/more.json', what: expect.stringContaining('not listed') }]);
  });

  test('with an entry twice is found out', async () => {
    const report = await verify(await zipOf([...(await signedEntries(CONTENT)), ['README.txt', 'What this is']]));
    expect(report.problems).toEqual([{ path: 'README.txt', what: expect.stringContaining('more than once') }]);
  });

  test('that lists a file twice, or totals that do not add up, is found out although it is signed', async () => {
    const manifest = {
      ...manifestOf([...CONTENT, ['README.txt', 'What this is']]),
      totals: { rows: 9, files: 1, missingFiles: 0 },
    };
    const report = await verify(await zipOf(await signedEntries(CONTENT, manifest)));
    expect(paths(report)).toEqual(['README.txt', 'manifest.json']);
  });

  test('with a name that leads out of its folder is found out', async () => {
    const listed: readonly Entry[] = [...CONTENT, ['xx/evil.txt', 'evil']];
    const bytes = await zipOf(await signedEntries(listed));
    for (let at = bytes.indexOf('xx/evil'); at !== -1; at = bytes.indexOf('xx/evil')) bytes.write('../evil', at);
    expect(paths(await verify(bytes))).toContain('../evil.txt');
  });

  test('whose entry bears another name before its content is found out', async () => {
    const bytes = await zipOf(await signedEntries(CONTENT));
    bytes.write('INDEX', bytes.indexOf('index.html'));
    expect(paths(await verify(bytes))).toEqual(['index.html']);
  });

  test('of a format that is not known is not believed', async () => {
    const manifest = { ...manifestOf(CONTENT), format: 'steward-package/9' };
    const report = await verify(await zipOf(await signedEntries(CONTENT, manifest)));
    expect(report).toMatchObject({ ok: false, manifest: undefined, problems: [{ path: 'manifest.json' }] });
  });

  test('that was cut off or is no zip at all is a problem of the archive', async () => {
    const bytes = await zipOf(await signedEntries(CONTENT));
    expect(paths(await verify(bytes.subarray(0, bytes.length - 30)))).toEqual(['archive']);
    expect(paths(await verify(Buffer.from('hello')))).toEqual(['archive']);
    expect(paths(await verify(Buffer.alloc(0)))).toEqual(['archive']);
  });

  test('that is damaged anywhere gives a report and no exception', async () => {
    const bytes = await zipOf(await signedEntries(CONTENT));
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 0xff, at);
      await expect(verify(damaged)).resolves.toHaveProperty('ok');
    }
  });

  test('that is not there is said to be not there', async () => {
    await expect(verifyPackageFile(join(folder, 'absent.zip'), publicKeySet(ring))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
