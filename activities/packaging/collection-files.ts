/** One collection as files: its rows as a JSON array and as CSV, both from the same snapshot. */
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { csvReading, jsonReading } from '../../data-map/copy.ts';
import type { Field } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Snapshot } from '../plan-runner.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import type { Column, PackedCollection } from './contents.ts';
import type { EntryNames } from './entry-names.ts';
import { JsonArray } from './json-array.ts';
import type { Progress } from './progress.ts';

const SHOWN_ROWS = 200;
const SHOWN_BYTES = 256 * 1024;
/** Of the whole page, which is held until it is written. */
const PAGE_BYTES = 6 * 2 ** 20;

export class CollectionFiles {
  private readonly archive: ArchiveWriter;
  private readonly names: EntryNames;
  private readonly progress: Progress;
  private pageBytes = PAGE_BYTES;

  constructor(archive: ArchiveWriter, names: EntryNames, progress: Progress) {
    this.archive = archive;
    this.names = names;
    this.progress = progress;
  }

  /** `rows` is how many the snapshot has; a collection without any gets no files. */
  async pack(snapshot: Snapshot, collection: PlannedCollection, rows: number): Promise<PackedCollection> {
    const described = describe(collection);
    if (rows === 0) return { ...described, rows, sample: [] };
    this.progress.collection = collection.ref;
    const folders = ['data', collection.kind.toLowerCase()];
    const json = this.names.unique(folders, `${collection.ref}.json`);
    const csv = this.names.unique(folders, `${collection.ref}.csv`);
    const array = new JsonArray(
      { rows: SHOWN_ROWS, bytes: Math.min(SHOWN_BYTES, this.pageBytes) },
      (count) => (this.progress.rows += count),
    );
    await this.archive.add(json, through(snapshot.read(collection, jsonReading(collection)), array));
    this.pageBytes -= array.bytesSampled;
    await this.archive.add(csv, snapshot.read(collection, csvReading(collection)));
    return { ...described, rows: array.rows, sample: array.sample, json, csv };
  }
}

/** The array, which fails and is destroyed together with what it reads. */
function through(rows: Readable, array: JsonArray): Readable {
  return pipeline(rows, array, () => undefined);
}

function describe(collection: PlannedCollection) {
  const { source, ref, label, kind, fields } = collection;
  return {
    source,
    collection: ref,
    label,
    kind,
    columns: collection.columns.map((name) => columnOf(fields, name)),
    omitted: collection.omitted.map((name) => columnOf(fields, name)),
  };
}

function columnOf(fields: readonly Field[], name: string): Column {
  const field = fields.find(({ column, path }) => column === name && path.length === 0);
  return { name, label: field?.label ?? name };
}
