/** One collection as files: its rows as JSON, JSON Lines, CSV and pages. */
import { pipeline } from 'node:stream';
import type { Field } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { textsIn } from '../../data-map/texts.ts';
import type { LeftOut } from '../searching/left-out.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import type { CollectionRows } from './collection-rows.ts';
import type { Column, CollectionPaths, PackageFacts, PackedCollection } from './contents.ts';
import { csvOf } from './csv.ts';
import type { EntryNames } from './entry-names.ts';
import { JsonArray } from './json-array.ts';
import { lineBatches } from './json-lines.ts';
import type { Progress } from './progress.ts';
import { PAGES_FOLDER, writePages } from './record-pages.ts';
import type { RowSpool } from './row-spool.ts';
import { speechIn } from './words/speech.ts';

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
  private pageBytes = PAGE_BYTES;

  constructor(archive: ArchiveWriter, names: EntryNames, progress: Progress, facts: PackageFacts) {
    this.archive = archive;
    this.names = names;
    this.progress = progress;
    this.facts = facts;
  }

  async pack({ collection, found, leftOut, spool }: CollectionRows): Promise<PackedCollection> {
    const described = { ...describe(collection, this.facts.language), ...leftOutOf(collection, leftOut) };
    if (leftOut.withheld === found) return { ...described, rows: 0, sample: [] };
    this.progress.collection = collection.ref;
    const files = this.pathsOf(collection);
    const array = await this.writeJson(spool, files.json, found);
    await this.archive.add(files.jsonl, spool.replay());
    await this.archive.add(files.csv, csvOf(collection.columns, lineBatches(spool.replay())));
    const packed = { ...described, rows: array.rows, sample: array.sample, files };
    return array.sample.length === array.rows ? packed : { ...packed, pages: await this.writePages(packed, spool) };
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

  private writePages(packed: Omit<PackedCollection, 'pages'>, spool: RowSpool) {
    const folder = this.names.unique([PAGES_FOLDER], packed.collection);
    const context = { facts: this.facts, speech: speechIn(this.facts.language) };
    return writePages(this.archive, context, packed, folder, lineBatches(spool.replay()));
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
