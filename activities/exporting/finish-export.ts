/** The end of an export: one signed manifest over all its parts, and a package for each, in one transaction. */
import { createHash, randomUUID } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { exportPartContext, packageContext } from '../../domain/contexts.ts';
import { Conflict, PackageBroken } from '../../domain/errors.ts';
import { EXPORT_MANIFEST_FORMAT, exportPartName } from '../../domain/export-manifest.ts';
import type { ExportManifest, ExportPart, ExportedRows } from '../../domain/export-manifest.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../domain/manifest.ts';
import type { ExportRef } from '../../domain/workspace-export.ts';
import type { Transaction } from '../../platform/database.ts';
import { openText } from '../../platform/envelope.ts';
import { moveExport } from '../../platform/records/export-progress.ts';
import { sealStream } from '../../platform/sealed-stream.ts';
import { signDetached } from '../../platform/signing.ts';
import { ArchiveWriter } from '../packaging/archive-writer.ts';
import type { Control } from '../packaging/control.ts';
import { DigestStream } from '../../platform/digest-stream.ts';
import { exportFolder, requireRunning } from './export-facts.ts';
import type { ExportDeps, ExportFacts, SourcePlan } from './export-facts.ts';
import { exportReadme } from './export-readme.ts';
import type { PartContents } from './part-list.ts';

const DAY_MS = 86_400_000;

interface SourceRow {
  readonly source: string;
  readonly generation: number;
  readonly snapshot_at: Date;
  readonly plan: SourcePlan;
}

interface StoredRow {
  readonly source: string;
  readonly state: 'planned' | 'stored';
  readonly contents: PartContents;
  readonly package_id: string;
  readonly storage_key: string;
  readonly bytes: string;
  readonly sha256: Buffer;
  readonly rows: string;
  readonly files: number;
  readonly missing_files: number;
  readonly sealed_missing: Buffer | null;
}

const PART_COLUMNS = [
  'source',
  'state',
  'contents',
  'package_id',
  'storage_key',
  'bytes',
  'sha256',
  'rows',
  'files',
  'missing_files',
  'sealed_missing',
] as const;

interface Stored {
  readonly sources: readonly SourceRow[];
  readonly parts: readonly StoredRow[];
}

interface ManifestPart {
  readonly packageId: string;
  readonly storageKey: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly manifestSha256: Buffer;
}

/**
 * Finishing again after a crash answers that it is done. Throws PackageBroken when a part is not there, or the rows of a
 * collection are not as many as its snapshot had.
 */
export async function finishExport(deps: ExportDeps, ref: ExportRef, control: Control): Promise<void> {
  const begun = await deps.db.withTenant(ref.workspaceId, async (trx) => {
    const done = await trx('workspace_exports')
      .where({ workspace_id: ref.workspaceId, id: ref.exportId, status: 'completed' })
      .first('id');
    return done === undefined
      ? { order: await requireRunning(trx, deps.ring, ref), stored: await readStored(trx, ref) }
      : undefined;
  });
  if (begun === undefined) return;
  const stopBeating = control.beat(() => ({ parts: begun.stored.parts.length }));
  try {
    const createdAt = new Date();
    const manifest = manifestOf(ref, begun.order, begun.stored, createdAt);
    await removeLeavings(deps, ref, begun.stored);
    const written = await writeManifest(deps, ref, begun.order, manifest, createdAt);
    await complete(deps, ref, begun.order, { manifest, written, stored: begun.stored });
  } finally {
    stopBeating();
  }
}

async function readStored(trx: Transaction, ref: ExportRef): Promise<Stored> {
  const owner = { workspace_id: ref.workspaceId, export_id: ref.exportId };
  return {
    sources: await trx('export_sources').where(owner).orderBy('source').select<SourceRow[]>('*'),
    parts: await trx('export_parts')
      .where(owner)
      .orderBy(['source', 'ordinal'])
      .select<StoredRow[]>([...PART_COLUMNS]),
  };
}

/** Attempts that died have left objects that nothing names; and a part whose object is gone must not be listed. */
async function removeLeavings({ storage }: ExportDeps, ref: ExportRef, { parts }: Stored): Promise<void> {
  const named = new Set(parts.map((part) => part.storage_key));
  for await (const { key } of storage.list(exportFolder(ref))) {
    if (!named.delete(key)) await storage.delete(key);
  }
  if (named.size > 0)
    throw new PackageBroken(`${named.size} parts of the export ${ref.exportId} are not in the storage.`);
}

function manifestOf(ref: ExportRef, order: ExportFacts, stored: Stored, createdAt: Date): ExportManifest {
  const parts = stored.parts.map((part, index) => manifestPart(ref, part, index + 1));
  const missing = stored.parts.flatMap((part) => missingOf(ref, order, part));
  const sum = (value: (part: ExportPart) => number) => parts.reduce((total, part) => total + value(part), 0);
  return {
    format: EXPORT_MANIFEST_FORMAT,
    exportId: ref.exportId,
    workspace: { id: ref.workspaceId, name: order.workspaceName },
    instruction: order.instruction,
    dataMapVersion: order.mapVersion ?? '',
    formats: order.formats,
    createdAt: createdAt.toISOString(),
    sources: stored.sources.map(({ source, snapshot_at: at, generation }) => ({
      source,
      snapshotAt: at.toISOString(),
      restarts: generation - 1,
    })),
    restarts: stored.sources.reduce((total, { generation }) => total + generation - 1, 0),
    totals: {
      parts: parts.length,
      rows: sum(({ rows }) => rows),
      files: sum(({ files }) => files),
      missingFiles: missing.length,
      bytes: sum(({ bytes }) => bytes),
    },
    collections: stored.sources.flatMap((source) => collectionsOf(source, parts)),
    leftOut: stored.sources.flatMap(({ source, plan }) => plan.leftOut.map((each) => ({ source, ...each }))),
    parts,
    missing,
  };
}

function manifestPart(ref: ExportRef, row: StoredRow, part: number): ExportPart {
  if (row.state !== 'stored') throw new PackageBroken(`Part ${part} of the export ${ref.exportId} is not stored.`);
  const slices = 'slices' in row.contents ? row.contents.slices : [];
  return {
    part,
    name: exportPartName(ref.exportId, part),
    source: row.source,
    collections: slices.map(({ collection, rows }) => ({ collection, rows })),
    rows: Number(row.rows),
    files: row.files,
    bytes: Number(row.bytes),
    sha256: row.sha256.toString('hex'),
  };
}

function missingOf({ exportId }: ExportRef, { dataKey }: ExportFacts, { contents, sealed_missing: sealed }: StoredRow) {
  if (sealed === null || !('store' in contents)) return [];
  const objects = JSON.parse(openText(dataKey.bytes, sealed, exportPartContext(exportId))) as readonly string[];
  return objects.map((object) => ({ store: contents.store, object }));
}

function collectionsOf({ source, plan }: SourceRow, parts: readonly ExportPart[]): readonly ExportedRows[] {
  return plan.collections.map(({ ref: collection, label, kind, rows, columns, omitted }) => {
    const holding = parts.flatMap((part) =>
      part.source === source ? part.collections.filter((each) => each.collection === collection) : [],
    );
    const held = holding.reduce((sum, each) => sum + each.rows, 0);
    if (held !== rows) throw new PackageBroken(`The parts have ${held} rows of ${collection}, the snapshot ${rows}.`);
    return {
      source,
      collection,
      label,
      kind,
      rows,
      parts: holding.length,
      columns: columns.map(({ name }) => name),
      omitted,
    };
  });
}

async function writeManifest(
  { ring, storage }: ExportDeps,
  ref: ExportRef,
  order: ExportFacts,
  manifest: ExportManifest,
  createdAt: Date,
): Promise<ManifestPart> {
  const [packageId, storageKey] = [randomUUID(), `${exportFolder(ref)}manifest-${randomUUID()}`];
  const document = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const archive = new ArchiveWriter(createdAt);
  const digest = new DigestStream();
  const sealed = sealStream(order.dataKey.bytes, packageContext(packageId));
  const fill = async (): Promise<void> => {
    await archive.add(MANIFEST_FILE, document);
    await archive.add(SIGNATURE_FILE, `${JSON.stringify(await signDetached(ring, document), null, 2)}\n`);
    await archive.add('README.txt', exportReadme(manifest));
    await archive.finish();
  };
  await Promise.all([storage.put(storageKey, sealed), pipeline(archive.output, digest, sealed), fill()]);
  const manifestSha256 = createHash('sha256').update(document).digest();
  return { packageId, storageKey, manifestSha256, ...digest.result() };
}

interface Finished {
  readonly manifest: ExportManifest;
  readonly written: ManifestPart;
  readonly stored: Stored;
}

/** The parts are read once more under a lock: what the manifest lists is what is there, or nothing is completed. */
async function complete(deps: ExportDeps, ref: ExportRef, order: ExportFacts, finished: Finished): Promise<void> {
  const { manifest, stored } = finished;
  const owner = { workspace_id: ref.workspaceId, export_id: ref.exportId };
  await deps.db.withTenant(ref.workspaceId, async (trx) => {
    await trx('workspace_exports').where({ workspace_id: ref.workspaceId, id: ref.exportId }).forUpdate().first('id');
    await requireRunning(trx, deps.ring, ref);
    const now = await readStored(trx, ref);
    if (JSON.stringify(now.parts) !== JSON.stringify(stored.parts))
      throw new Conflict(`The parts of the export ${ref.exportId} have changed while its manifest was written.`);
    await trx.batchInsert('packages', packageRows(deps, ref, order, finished), 200);
    await trx('export_parts').where(owner).update({ sealed_content: null, sealed_missing: null });
    const { parts, rows, files, missingFiles, bytes } = manifest.totals;
    await moveExport(trx, ref, 'completed', {
      parts,
      rows,
      files,
      missingFiles,
      bytes,
      restarts: manifest.restarts,
      manifestSha256: finished.written.manifestSha256.toString('hex'),
    });
  });
}

function packageRows(
  { ring, packages }: ExportDeps,
  ref: ExportRef,
  order: ExportFacts,
  { manifest, written, stored }: Finished,
) {
  const common = {
    workspace_id: ref.workspaceId,
    export_id: ref.exportId,
    status: 'ready',
    data_key_id: order.dataKey.id,
    map_version: manifest.dataMapVersion,
    signing_key_id: ring.current('signing').id,
    manifest_sha256: written.manifestSha256,
    created_at: new Date(manifest.createdAt),
    expires_at: new Date(Date.parse(manifest.createdAt) + packages.keepDays * DAY_MS),
  };
  const manifestPackage = {
    ...common,
    id: written.packageId,
    part: 0,
    storage_key: written.storageKey,
    sha256: Buffer.from(written.sha256, 'hex'),
    bytes: String(written.bytes),
    rows: '0',
    files: 0,
    missing_files: 0,
  };
  const parts = stored.parts.map((part, index) => ({
    ...common,
    id: part.package_id,
    part: index + 1,
    storage_key: part.storage_key,
    sha256: part.sha256,
    bytes: part.bytes,
    rows: part.rows,
    files: part.files,
    missing_files: part.missing_files,
  }));
  return [manifestPackage, ...parts];
}
