/** Writes one part: read in the snapshot or from the store, packed, sealed and stored in one stream, read back, recorded. */
import { randomUUID } from 'node:crypto';
import { exportPartContext } from '../../domain/contexts.ts';
import { SealBroken, SnapshotLost } from '../../domain/errors.ts';
import type { PartRef, StoredPart } from '../../domain/workspace-export.ts';
import type { Transaction } from '../../platform/database.ts';
import { sealText } from '../../platform/envelope.ts';
import type { Control } from '../packaging/control.ts';
import { Progress } from '../packaging/progress.ts';
import { digestStored, storeArchive } from '../packaging/sealed-archive.ts';
import type { ArchiveDigest, ArchivePlace } from '../packaging/sealed-archive.ts';
import { exportFolder, ofSource, readSourceFacts, requireRunning } from './export-facts.ts';
import type { ExportDeps } from './export-facts.ts';
import { writeObjects } from './object-part.ts';
import { appendObjects, countedParts, openContent, readPart } from './part-list.ts';
import type { PartRow } from './part-list.ts';
import type { PartContent, PartWork } from './part-work.ts';
import { writeRows } from './row-part.ts';

interface Draft {
  readonly packageId: string;
  readonly storageKey: string;
}

interface Written {
  readonly content: PartContent;
  readonly archive: ArchiveDigest;
}

/**
 * Answers the part, or writes it. Nobody sees one that was begun: it is recorded when it is stored whole, and what an
 * attempt that died has stored is removed with the export's end. Throws SnapshotLost; Conflict when the export has ended.
 */
export async function writePart(deps: ExportDeps, ref: PartRef, control: Control): Promise<StoredPart> {
  const begun = await deps.db.withTenant(ref.workspaceId, (trx) => begin(deps, trx, ref));
  if ('stored' in begun) return begun.stored;
  const draft = { packageId: randomUUID(), storageKey: `${folderOf(ref)}${ref.ordinal}-${randomUUID()}` };
  try {
    const written = await write(deps, begun.work, draft, control);
    await readBack(deps, begun.work, draft, written, control.signal);
    return await record(deps, begun.work, draft, written);
  } catch (error) {
    await deps.storage.delete(draft.storageKey).catch(() => undefined);
    throw error;
  }
}

const folderOf = (ref: PartRef): string => `${exportFolder(ref)}${ref.source}/${ref.generation}/`;

async function begin(
  { ring }: ExportDeps,
  trx: Transaction,
  ref: PartRef,
): Promise<{ readonly stored: StoredPart } | { readonly work: PartWork }> {
  const order = await requireRunning(trx, ring, ref);
  const source = await readSourceFacts(trx, ref);
  const row = await readPart(trx, ref);
  if (row.state === 'stored') return { stored: await storedPart(trx, ref, row) };
  return { work: { ref, order, source, row } };
}

async function storedPart(trx: Transaction, ref: PartRef, { rows, bytes, files }: PartRow): Promise<StoredPart> {
  const { parts } = await countedParts(trx, ref);
  return { rows: Number(rows), bytes: Number(bytes), files: files ?? 0, parts };
}

async function write(deps: ExportDeps, work: PartWork, draft: Draft, control: Control): Promise<Written> {
  const progress = new Progress();
  const { ordinal, generation } = work.ref;
  return storeArchive(placeOf(deps, work, draft), {
    createdAt: work.source.snapshotAt ?? new Date(),
    control,
    report: (bytes) => ({ ...progress.report(bytes), part: ordinal, generation }),
    fill: async (archive) => {
      const content = openContent(work.order.dataKey.bytes, work.ref, work.row);
      const writeContent = work.row.kind === 'rows' ? writeRows : writeObjects;
      const written = await writeContent(deps, work, content, archive, { progress, signal: control.signal });
      await archive.finish();
      return written;
    },
  });
}

function placeOf({ storage }: ExportDeps, { order }: PartWork, draft: Draft): ArchivePlace {
  return { storage, ...draft, dataKey: order.dataKey.bytes };
}

/** What is stored must open and be what was written, before anybody relies on it. */
async function readBack(
  deps: ExportDeps,
  work: PartWork,
  draft: Draft,
  { archive }: Written,
  signal: AbortSignal,
): Promise<void> {
  const { bytes, sha256 } = await digestStored(placeOf(deps, work, draft), signal);
  if (bytes !== archive.bytes || sha256 !== archive.sha256)
    throw new SealBroken('The stored part is not the one that was written.');
}

/**
 * The source's row is locked, so that it cannot begin again meanwhile; of two attempts at once the first one's part stays.
 */
async function record(
  deps: ExportDeps,
  work: PartWork,
  draft: Draft,
  { content, archive }: Written,
): Promise<StoredPart> {
  const { ref, order, row } = work;
  return deps.db.withTenant(ref.workspaceId, async (trx) => {
    await requireRunning(trx, deps.ring, ref);
    const current = await trx('export_sources')
      .where({ ...ofSource(ref), generation: ref.generation })
      .forUpdate()
      .first('source');
    if (current === undefined) throw new SnapshotLost(`The source ${ref.source} has begun again.`);
    const other = await readPart(trx, ref);
    if (other.state === 'stored') {
      await deps.storage.delete(draft.storageKey);
      return storedPart(trx, ref, other);
    }
    if ('store' in row.contents) await appendObjects(trx, ref, order.dataKey.bytes, row.contents.store, content.left);
    await trx('export_parts')
      .where({ ...ofSource(ref), ordinal: ref.ordinal })
      .update({
        state: 'stored',
        contents: JSON.stringify(content.contents),
        package_id: draft.packageId,
        storage_key: draft.storageKey,
        bytes: archive.bytes,
        sha256: Buffer.from(archive.sha256, 'hex'),
        rows: content.rows,
        files: content.files,
        missing_files: content.missing.length,
        sealed_missing:
          content.missing.length === 0
            ? null
            : sealText(order.dataKey.bytes, JSON.stringify(content.missing), exportPartContext(ref.exportId)),
        stored_at: new Date(),
      });
    return storedPart(trx, ref, await readPart(trx, ref));
  });
}
