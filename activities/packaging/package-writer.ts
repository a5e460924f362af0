/** Writes a whole package into an archive: rows and files first, then what describes them. */
import { MANIFEST_FILE, MANIFEST_FORMAT, SIGNATURE_FILE } from '../../domain/manifest.ts';
import type { Manifest, ManifestCollection } from '../../domain/manifest.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { signDetached } from '../../platform/signing.ts';
import type { Sources } from '../../platform/sources.ts';
import { withSnapshots } from '../plan-runner.ts';
import type { Search, Snapshot } from '../plan-runner.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import { packAttachments } from './attached-files.ts';
import { CollectionFiles } from './collection-files.ts';
import { totalFiles, totalRows } from './contents.ts';
import type {
  Column,
  PackageContents,
  PackageFacts,
  PackedCollection,
  Supplements,
  UnreachedSource,
} from './contents.ts';
import { FIELDS_FILE, fieldList } from './field-list.ts';
import { EntryNames } from './entry-names.ts';
import { indexPage } from './index-page.ts';
import { letter } from './letter.ts';
import { MediaFiles, listObjects } from './media-files.ts';
import type { NamedObject } from './media-files.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Progress } from './progress.ts';
import { readme } from './readme.ts';
import { STYLE_FILE } from './record-pages.ts';

export interface PackageWork extends Supplements {
  readonly facts: PackageFacts;
  readonly search: Search;
  readonly unreached: readonly UnreachedSource[];
}

interface WriterDeps {
  readonly sources: Sources;
  readonly ring: KeyRing;
}

interface Watch {
  readonly progress: Progress;
  /** Stops the reading when aborted. */
  readonly signal: AbortSignal;
}

interface PackedSource {
  readonly source: string;
  readonly takenAt: Date;
  readonly collections: readonly PackedCollection[];
  readonly objects: readonly NamedObject[];
}

/** Answers the manifest and its exact bytes. The sources are read in one snapshot each, which ends before media are copied. */
export async function writePackage(
  archive: ArchiveWriter,
  { facts, search, unreached, attachments, redactions, manualSystems }: PackageWork,
  { sources, ring }: WriterDeps,
  { progress, signal }: Watch,
): Promise<{ readonly manifest: Manifest; readonly document: Buffer }> {
  const names = new EntryNames();
  const files = new CollectionFiles(archive, names, progress, facts);
  const pack = (read: readonly Snapshot[]) => packSources(read, files);
  const packed = await withSnapshots(sources, search, pack, signal);
  const snapshots = new Map(packed.map(({ source, takenAt }) => [source, takenAt]));
  const objects = packed.flatMap((source) => source.objects);
  const { media, missing } = await new MediaFiles(archive, names, sources, progress).pack(objects);
  const collections = packed.flatMap((source) => source.collections);
  const contents: PackageContents = {
    facts,
    snapshots,
    collections,
    media,
    missing,
    attachments: await packAttachments(archive, names, progress, attachments),
    unreached,
    redactions,
    manualSystems,
  };

  if (collections.some(({ pages }) => pages)) await archive.add(STYLE_FILE, PAGE_STYLE);
  await archive.add(FIELDS_FILE, fieldList(contents));
  await archive.add('index.html', indexPage(contents));
  await archive.add('letter.pdf', await letter(contents));
  await archive.add('README.txt', readme(contents));
  const manifest = manifestOf(contents, archive);
  const document = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  await archive.add(MANIFEST_FILE, document);
  await archive.add(SIGNATURE_FILE, `${JSON.stringify(await signDetached(ring, document), null, 2)}\n`);
  await archive.finish();
  return { manifest, document };
}

async function packSources(snapshots: readonly Snapshot[], files: CollectionFiles): Promise<readonly PackedSource[]> {
  const packed: PackedSource[] = [];
  for (const snapshot of snapshots) packed.push(await packSource(snapshot, files));
  return packed;
}

async function packSource(snapshot: Snapshot, files: CollectionFiles): Promise<PackedSource> {
  const { source, plan, takenAt, counts } = snapshot;
  const collections: PackedCollection[] = [];
  const objects: NamedObject[] = [];
  for (const collection of plan.collections) {
    const found = counts[collection.ref] ?? 0;
    if (found === 0) {
      collections.push(files.packNone(collection));
      continue;
    }
    collections.push(await files.pack(snapshot, collection, found));
    for (const media of collection.media) objects.push(...(await listObjects(snapshot, collection, media)));
  }
  return { source, takenAt, collections, objects };
}

function manifestOf(contents: PackageContents, archive: ArchiveWriter): Manifest {
  const { facts, snapshots, collections, missing, attachments, redactions, manualSystems, unreached } = contents;
  const { createdAt, contact: _, ...named } = facts;
  return {
    format: MANIFEST_FORMAT,
    ...named,
    snapshots: Object.fromEntries([...snapshots].map(([source, at]) => [source, at.toISOString()])),
    createdAt: createdAt.toISOString(),
    totals: { rows: totalRows(contents), files: totalFiles(contents), missingFiles: missing.length },
    collections: collections.map(manifestCollection),
    files: [...archive.files],
    missing,
    omissions: redactions,
    attachments: attachments.map(({ system, title, file }) => ({ system, title, path: file.path })),
    manualSystems,
    unreached: unreached.map((each) => ({
      source: each.source,
      collections: each.collections.map(({ collection }) => collection),
    })),
  };
}

function manifestCollection(packed: PackedCollection): ManifestCollection {
  const { source, collection, label, kind, rows, omitted, derived, withheld, mixed } = packed;
  const names = (columns: readonly Column[]) => columns.map(({ name }) => name);
  return {
    source,
    collection,
    label,
    kind,
    rows,
    omitted: names(omitted),
    ...(derived && { derived: names(derived) }),
    ...(withheld !== undefined && { withheld }),
    ...(mixed && { mixed }),
  };
}
