/** One collection as files: its rows as JSON, JSON Lines, CSV and pages. */
import { pipeline } from 'node:stream';
import type { Field } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { textsIn } from '../../data-map/texts.ts';
import type { LeftOut } from '../searching/left-out.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import type { CollectionRows } from './collection-rows.ts';
import type { Column, CollectionPaths, PackageFacts, PackedCollection } from './contents.ts';
import type { EntryNames } from './entry-names.ts';
import { JsonArray } from './json-array.ts';
import type { Progress } from './progress.ts';
import { writeRecords } from './record-files.ts';
import { PAGES_FOLDER } from './record-pages.ts';
import type { RecordThread } from './record-thread.ts';
import type { RowSpool } from './row-spool.ts';

/** As many rows stand on index.html itself; of more, a taste, for they have pages. */
const WHOLE_ROWS = 200;
const TASTE_ROWS = 20;
const SHOWN_BYTES = 256 * 1024;
/** Of the whole page, which is held until it is written. */
const PAGE_BYTES = 6 * 2 ** 20;

export class CollectionFiles {
  private readonly archive: ArchiveWriter;
  private readonly names: EntryNames;
  private readonly progress: Progress;
  private readonly facts: PackageFacts;
  private readonly thread: RecordThread;
  private pageBytes = PAGE_BYTES;

  constructor(
    archive: ArchiveWriter,
    names: EntryNames,
    progress: Progress,
    facts: PackageFacts,
    thread: RecordThread,
  ) {
    this.archive = archive;
    this.names = names;
    this.progress = progress;
    this.facts = facts;
    this.thread = thread;
  }

  async pack({ collection, found, leftOut, spool }: CollectionRows): Promise<PackedCollection> {
    const described = { ...describe(collection, this.facts.language), ...leftOutOf(collection, leftOut) };
    if (leftOut.withheld === found) return { ...described, rows: 0, sample: [] };
    this.progress.collection = collection.ref;
    const files = this.pathsOf(collection);
    const array = await this.writeJson(spool, files.json, found);
    await this.archive.add(files.jsonl, spool.replay());
    const packed = { ...described, rows: array.rows, sample: array.sample, files };
    const pages = await this.writeRecords(packed, spool);
    return pages ? { ...packed, pages } : packed;
  }

  /** A collection in which nothing was found gets no files. */
  packNone(collection: PlannedCollection): PackedCollection {
    return { ...describe(collection, this.facts.language), rows: 0, sample: [] };
  }

  private pathsOf({ ref, kind }: PlannedCollection): CollectionPaths {
    const path = (extension: string): string => this.names.unique(['data', kind.toLowerCase()], `${ref}.${extension}`);
    return { json: path('json'), jsonl: path('jsonl'), csv: path('csv') };
  }

  private async writeJson(spool: RowSpool, path: string, rows: number): Promise<JsonArray> {
    const limits = {
      rows: rows <= WHOLE_ROWS ? WHOLE_ROWS : TASTE_ROWS,
      bytes: Math.min(SHOWN_BYTES, this.pageBytes),
    };
    const array = new JsonArray(limits, (count) => (this.progress.rows += count));
    // It fails and is destroyed together with what it reads.
    pipeline(spool.replay(), array, () => undefined);
    await this.archive.add(path, array);
    this.pageBytes -= array.bytesSampled;
    return array;
  }

  private writeRecords(packed: PackedCollection & { readonly files: CollectionPaths }, spool: RowSpool) {
    const { collection, label, columns, sample, rows, files } = packed;
    const hasPages = sample.length < rows;
    const { language, workspace } = this.facts;
    const order = { collection: { label, columns, sample, rows }, workspaceName: workspace.name, language, hasPages };
    const pages = hasPages ? this.names.unique([PAGES_FOLDER], collection) : PAGES_FOLDER;
    return writeRecords(this.archive, { csv: files.csv, pages }, this.thread.make(order, spool.replay()));
  }
}

function leftOutOf(
  { handover }: PlannedCollection,
  { withheld, mixed }: LeftOut,
): Pick<PackedCollection, 'withheld' | 'mixed'> {
  const takenOut = handover.thirdParties === 'redact';
  return { ...(withheld > 0 && { withheld }), ...(mixed > 0 && { mixed: { rows: mixed, takenOut } }) };
}

function describe(collection: PlannedCollection, language: string) {
  const { source, ref, fields, handover } = collection;
  const { derived } = handover;
  const { label, description, kind } = textsIn(collection, language);
  return {
    source,
    collection: ref,
    label,
    kind: kind ?? collection.kind,
    description,
    columns: collection.columns.map((name) => columnOf(fields, name, language)),
    omitted: collection.omitted.map((name) => columnOf(fields, name, language)),
    ...(derived.length > 0 && { derived: derived.map((name) => columnOf(fields, name, language)) }),
  };
}

function columnOf(fields: readonly Field[], name: string, language: string): Column {
  const field = fields.find(({ column, path }) => column === name && path.length === 0);
  if (!field) return { name, label: name };
  const { label, description } = textsIn(field, language);
  return { name, label, description };
}
