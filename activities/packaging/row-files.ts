/**
 * The rows of one collection as files, all of them made while the rows pass once. An archive takes one file after the other:
 * pages go into it as they are made, while the JSON, JSON Lines and CSV files, compressed, wait for the end of the rows.
 */
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import type { Language } from '../../domain/languages.ts';
import { Blocks } from '../blocks.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import { WaitingFile, compress } from './compressed.ts';
import type { CollectionPaths, PackedCollection, PackedPages } from './contents.ts';
import { JsonArray } from './json-array.ts';
import type { SampleLimits } from './json-array.ts';
import { RecordMaker } from './record-maker.ts';
import type { Made } from './record-maker.ts';

export interface RowOrder {
  readonly collection: Pick<PackedCollection, 'label' | 'columns'>;
  /** How many there are to be, as pages say it; the files have what comes. */
  readonly rows: number;
  /** Of what index.html shows: with more rows than these there are pages. */
  readonly limits: SampleLimits;
  readonly workspaceName: string;
  readonly language: Language;
  readonly paths: CollectionPaths;
  /** Of a folder for pages, where there are to be any. */
  readonly pagesPath: () => string;
}

export interface WrittenRows extends Pick<JsonArray, 'rows' | 'sample' | 'bytesSampled'> {
  readonly pages: PackedPages | undefined;
}

/** `rows` are JSON lines; `onRows` hears how many have passed. */
export async function writeRows(
  archive: ArchiveWriter,
  order: RowOrder,
  rows: Readable,
  onRows: (count: number) => void = () => undefined,
): Promise<WrittenRows> {
  await using files = new RowFiles(archive, order);
  // It fails and is destroyed together with the rows.
  const blocks: AsyncIterable<Buffer<ArrayBuffer>> = pipeline(rows, new Blocks(), () => undefined);
  for await (const block of blocks) onRows(await files.take(block));
  return await files.end();
}

type Bytes = Uint8Array<ArrayBuffer>;

/** At once: what waits for the garbage collector has by then been promoted, and most of the memory would be of that kind. */
function free({ buffer }: Bytes): void {
  buffer.transfer(0);
}

class RowFiles implements AsyncDisposable {
  private readonly archive: ArchiveWriter;
  private readonly order: RowOrder;
  private readonly array: JsonArray;
  private readonly files = { json: new WaitingFile(), jsonl: new WaitingFile(), csv: new WaitingFile() };
  /** Blocks that wait until the sample is whole, on which the layout of the pages depends. */
  private early: Bytes[] = [];
  private maker: RecordMaker | undefined;
  private folder = '';
  /** Compressing and writing what the last block came to. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(archive: ArchiveWriter, order: RowOrder) {
    this.archive = archive;
    this.order = order;
    this.array = new JsonArray(order.limits);
  }

  /** Other threads compress a block while this one makes CSV and pages of it, and of the next. Answers how many rows ended. */
  async take(block: Buffer<ArrayBuffer>): Promise<number> {
    const before = this.array.rows;
    const array = this.array.take(block);
    const compressing = [this.files.jsonl.write(block), this.files.json.write(array)];
    this.early.push(block);
    await this.next(compressing, [array], this.array.isSampled ? this.make() : []);
    return this.array.rows - before;
  }

  async end(): Promise<WrittenRows> {
    await this.next([this.files.json.write(this.array.end())], [], this.make());
    await this.last;
    for (const format of ['json', 'jsonl', 'csv'] as const) {
      await this.archive.add(this.order.paths[format], await this.files[format].end());
    }
    const { rows, sample, bytesSampled } = this.array;
    const written = this.maker?.written;
    return { rows, sample, bytesSampled, pages: written && { folder: this.folder, ...written } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of Object.values(this.files)) await file.release();
  }

  /** CSV and pages of the blocks that wait. */
  private make(): readonly (Made & { readonly block: Bytes })[] {
    const maker = (this.maker ??= this.begin());
    return this.early.splice(0).map((block) => ({ block, ...maker.make(block) }));
  }

  private begin(): RecordMaker {
    const { collection, rows, workspaceName, language, pagesPath } = this.order;
    const { sample } = this.array;
    const hasPages = sample.length < rows;
    if (hasPages) this.folder = pagesPath();
    return new RecordMaker({ collection: { ...collection, sample, rows }, workspaceName, language, hasPages });
  }

  private async next(
    compressing: readonly Promise<void>[],
    arrays: readonly Bytes[],
    made: ReturnType<RowFiles['make']>,
  ): Promise<void> {
    const csv = made.map((each) => this.files.csv.write(each.csv));
    const pages = made.flatMap((each) => each.pages.map(({ name, bytes }) => ({ name, content: compress(bytes) })));
    const writing = async (): Promise<void> => {
      for (const { name, content } of pages) await this.archive.add(`${this.folder}/${name}`, await content);
    };
    const spent = [
      ...arrays,
      ...made.flatMap((each) => [each.block, each.csv, ...each.pages.map(({ bytes }) => bytes)]),
    ];
    await this.last;
    this.last = Promise.all([...compressing, ...csv, writing()]).then(() => spent.forEach(free));
    // Of its failure the next one hears.
    this.last.catch(() => undefined);
  }
}
