import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveWriter } from '../../activities/packaging/archive-writer.ts';
import { EXPORT_MANIFEST_FORMAT, exportPartName } from '../../domain/export-manifest.ts';
import type { ExportManifest } from '../../domain/export-manifest.ts';
import { findExportManifest, verifyExport } from '../../platform/export-verification.ts';
import { publicKeySet, signDetached } from '../../platform/signing.ts';
import { freshKeyRing } from './fresh-key-ring.ts';

const ring = await freshKeyRing();
const keys = publicKeySet(ring);
const exportId = randomUUID();
const folders: string[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-verify-export-'));
  folders.push(folder);
  await writeExport(manifestOf());
});

afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const file = (part: number): string => join(folder, exportPartName(exportId, part));
const contentOf = (part: number): Buffer => Buffer.from(`part ${part}`);

function manifestOf(more: Partial<ExportManifest> = {}): ExportManifest {
  const parts = [1, 2, 3].map((part) => ({
    part,
    name: exportPartName(exportId, part),
    source: 'crm',
    collections: [{ collection: 'crm.contacts', rows: part }],
    rows: part,
    files: 0,
    bytes: contentOf(part).length,
    sha256: createHash('sha256').update(contentOf(part)).digest('hex'),
  }));
  return {
    format: EXPORT_MANIFEST_FORMAT,
    exportId,
    workspace: { id: randomUUID(), name: 'Acme' },
    instruction: { id: randomUUID(), version: 1 },
    dataMapVersion: 'v1',
    formats: ['jsonl'],
    createdAt: '2026-03-01T00:00:00.000Z',
    sources: [{ source: 'crm', snapshotAt: '2026-03-01T00:00:00.000Z', restarts: 0 }],
    restarts: 0,
    totals: { parts: 3, rows: 6, files: 0, missingFiles: 0, bytes: 18 },
    collections: [
      {
        source: 'crm',
        collection: 'crm.contacts',
        label: 'Contacts',
        kind: 'People',
        rows: 6,
        parts: 3,
        columns: ['id'],
        omitted: [],
      },
    ],
    leftOut: [],
    parts,
    missing: [],
    ...more,
  };
}

/** `signed` is what the signature is over, when that is not the manifest. */
async function writeExport(manifest: ExportManifest, signed: ExportManifest = manifest): Promise<void> {
  const document = (each: ExportManifest) => Buffer.from(JSON.stringify(each));
  const archive = new ArchiveWriter(new Date());
  const written = pipeline(archive.output, createWriteStream(file(0)));
  await archive.add('manifest.json', document(manifest));
  await archive.add('manifest.jws.json', JSON.stringify(await signDetached(ring, document(signed))));
  await archive.finish();
  await written;
  for (const part of [1, 2, 3]) await writeFile(file(part), contentOf(part));
}

const problems = async () => (await verifyExport(file(0), keys)).problems.map(({ path, what }) => `${path}: ${what}`);

describe('an export that was downloaded', () => {
  it('verifies when every part is there as it was written', async () => {
    expect(await verifyExport(file(0), keys)).toMatchObject({ ok: true, problems: [], manifest: { exportId } });
  });

  it('does not when a part is missing, was changed or was added', async () => {
    await unlink(file(1));
    await writeFile(file(2), 'PART 2');
    await writeFile(file(3), 'longer than it was');
    await copyFile(file(0), file(4));
    expect(await problems()).toEqual([
      expect.stringContaining('part-00001.zip: is listed in the manifest and missing'),
      expect.stringContaining('part-00002.zip: was changed'),
      expect.stringContaining('part-00003.zip: has 18 bytes, not 6'),
      expect.stringContaining('part-00004.zip: is in the folder and not listed'),
    ]);
  });

  it('does not by a manifest that another signed, or that was changed', async () => {
    expect((await verifyExport(file(0), publicKeySet(await freshKeyRing()))).ok).toBe(false);
    await writeExport(manifestOf({ restarts: 1 }), manifestOf());
    expect(await problems()).toEqual([expect.stringContaining('manifest.jws.json: does not prove the manifest')]);
  });

  it('does not when its manifest passes over a part', async () => {
    const { parts } = manifestOf();
    await writeExport(manifestOf({ parts: parts.filter(({ part }) => part !== 2) }));
    expect(await problems()).toEqual([
      'manifest.json: does not number its parts from 1 without gaps',
      'manifest.json: gives totals that are not the sums of its parts',
      'manifest.json: lists 4 rows of crm.contacts in its parts instead of 6',
      expect.stringContaining('part-00002.zip: is in the folder and not listed'),
    ]);
  });

  it('does not when part 0 is no archive, or holds no manifest of ours', async () => {
    await writeFile(file(0), (await readFile(file(0))).subarray(0, 100));
    expect(await problems()).toEqual([expect.stringContaining('holds no manifest')]);
    await writeExport({ ...manifestOf(), format: 'another/1' as typeof EXPORT_MANIFEST_FORMAT });
    expect(await problems()).toEqual(['manifest.json: is not a manifest of a known format']);
  });

  it('may lie beside the parts of another, and is then named by its part 0', async () => {
    await writeFile(join(folder, exportPartName(randomUUID(), 0)), 'of another');
    expect(await problems()).toEqual([]);
    await expect(findExportManifest(folder)).rejects.toThrow('has several exports');
  });

  it('is found by its folder or its part 0; a package is none', async () => {
    expect(await findExportManifest(folder)).toBe(file(0));
    expect(await findExportManifest(file(0))).toBe(file(0));
    expect(await findExportManifest(file(1))).toBeUndefined();
    await expect(findExportManifest(join(folder, 'nowhere'))).rejects.toThrow('cannot be opened');
  });
});
