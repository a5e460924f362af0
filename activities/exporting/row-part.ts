/** The files of a part with rows: each slice in each format, every one read in the source's snapshot. */
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { ClientBase } from 'pg';
import { z } from 'zod';
import { bindSlice, copySlice } from '../../data-map/workspace-sql.ts';
import type { ExportedCollection, Slice } from '../../data-map/workspace-sql.ts';
import { PackageBroken } from '../../domain/errors.ts';
import type { ExportFormat } from '../../domain/workspace-export.ts';
import type { ArchiveWriter } from '../packaging/archive-writer.ts';
import { safeFileName } from '../packaging/entry-names.ts';
import { Blocks } from '../blocks.ts';
import { copyRows } from '../../platform/copy-rows.ts';
import type { ExportDeps } from './export-facts.ts';
import { ParquetFile } from './parquet-file.ts';
import type { SliceRows } from './part-list.ts';
import type { PartContent, PartWork, Watch } from './part-work.ts';
import { readSnapshot, run } from './snapshot.ts';

const key = z.array(z.string()).optional();
const bounds = z.array(z.object({ after: key, upTo: key }));

/** As packages are compressed: level 6 takes half as long again and makes rows a few percent smaller. */
export const GZIP = { level: 4, chunkSize: 64 * 1024 } as const;

export async function writeRows(
  deps: ExportDeps,
  { ref, order, source, row }: PartWork,
  content: unknown,
  archive: ArchiveWriter,
  { progress, signal }: Watch,
): Promise<PartContent> {
  const planned = 'slices' in row.contents ? row.contents.slices : [];
  const limits = bounds.parse(content);
  const slices: SliceRows[] = [];
  const read = async (client: ClientBase): Promise<void> => {
    for (const [index, { collection, slice }] of planned.entries()) {
      const described = source.plan?.collections.find((each) => each.ref === collection);
      const limit = limits[index];
      if (described === undefined || limit === undefined)
        throw new PackageBroken(`The plan of the export has no slice ${slice} of ${collection}.`);
      progress.collection = collection;
      const file = { collection: described, slice: { after: limit.after, upTo: limit.upTo }, number: slice };
      await run(client, bindSlice(file.slice));
      const rows = await writeSlice(client, archive, file, order.formats);
      slices.push({ collection, slice, rows });
      progress.rows += rows;
      progress.files += order.formats.length;
    }
  };
  await readSnapshot(deps, { ref, facts: source, signal }, read);
  return { contents: { slices }, rows: progress.rows, files: 0, missing: [], left: [] };
}

interface SliceFile {
  readonly collection: ExportedCollection;
  readonly slice: Slice;
  readonly number: number;
}

/** Answers how many rows the slice has, in one format as in the other. */
async function writeSlice(
  client: ClientBase,
  archive: ArchiveWriter,
  { collection, slice, number }: SliceFile,
  formats: readonly ExportFormat[],
): Promise<number> {
  const counts = new Set<number>();
  for (const format of formats) {
    const copied = copyRows(client, copySlice(collection, slice, format));
    const content = encoded(copied.rows, collection, format);
    await archive.add(pathOf(collection.ref, number, format), content, { store: true });
    counts.add(await copied.count());
  }
  const [rows] = counts;
  if (rows === undefined || counts.size > 1)
    throw new PackageBroken(`Slice ${number} of ${collection.ref} has other rows in one format than in another.`);
  return rows;
}

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'jsonl.gz',
  csv: 'csv.gz',
  parquet: 'parquet',
};

function pathOf(ref: string, number: number, format: ExportFormat): string {
  const name = safeFileName(ref);
  return `data/${name}/${name}-${String(number).padStart(5, '0')}.${EXTENSIONS[format]}`;
}

/** Fails and is destroyed together with what it reads. Compression runs in threads of its own. */
function encoded(rows: Readable, { columns }: ExportedCollection, format: ExportFormat): Readable {
  if (format === 'parquet') return pipeline(rows, new ParquetFile(columns), () => undefined);
  return pipeline(rows, new Blocks(), createGzip(GZIP), () => undefined);
}
