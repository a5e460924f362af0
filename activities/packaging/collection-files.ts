/** One collection as files: its rows as JSON, JSON Lines, CSV and pages. */
import type { Field } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import { textsIn } from '../../data-map/texts.ts';
import { jsonReading } from '../../data-map/copy.ts';
import type { Snapshot } from '../plan-runner.ts';
import { countLeftOut } from '../searching/left-out.ts';
import type { LeftOut } from '../searching/left-out.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import type { Column, CollectionPaths, PackageFacts, PackedCollection } from './contents.ts';
import type { EntryNames } from './entry-names.ts';
import type { Progress } from './progress.ts';
import { PAGES_FOLDER } from './record-pages.ts';
import { writeRows } from './row-files.ts';

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

  /** `found` rows are in the snapshot, those left out among them. */
  async pack(snapshot: Snapshot, collection: PlannedCollection, found: number): Promise<PackedCollection> {
    this.progress.collection = collection.ref;
    const leftOut = await countLeftOut(snapshot, collection);
    const { language, workspace } = this.facts;
    const described = { ...describe(collection, language), ...leftOutOf(collection, leftOut) };
    if (leftOut.withheld === found) return { ...described, rows: 0, sample: [] };
    const files = this.pathsOf(collection);
    const order = {
      collection: described,
      rows: found - leftOut.withheld,
      limits: {
        rows: found <= WHOLE_ROWS ? WHOLE_ROWS : TASTE_ROWS,
        bytes: Math.min(SHOWN_BYTES, this.pageBytes),
      },
      workspaceName: workspace.name,
      language,
      paths: files,
      pagesPath: () => this.names.unique([PAGES_FOLDER], collection.ref),
    };
    const lines = snapshot.read(collection, jsonReading(collection));
    const written = await writeRows(this.archive, order, lines, (count) => (this.progress.rows += count));
    const { rows, sample, pages, bytesSampled } = written;
    this.pageBytes -= bytesSampled;
    return { ...described, rows, sample, files, ...(pages && { pages }) };
  }

  /** A collection in which nothing was found gets no files. */
  packNone(collection: PlannedCollection): PackedCollection {
    return { ...describe(collection, this.facts.language), rows: 0, sample: [] };
  }

  private pathsOf({ ref, kind }: PlannedCollection): CollectionPaths {
    const path = (extension: string): string => this.names.unique(['data', kind.toLowerCase()], `${ref}.${extension}`);
    return { json: path('json'), jsonl: path('jsonl'), csv: path('csv') };
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
