/** What is made of a collection's rows beside their JSON: a CSV file, and pages where there are too many for index.html. */
import type { Language } from '../../domain/languages.ts';
import type { PackedPages } from './contents.ts';
import { csvHeader, csvRecord } from './csv.ts';
import { readCells } from './json-cells.ts';
import { LineReader } from './json-lines.ts';
import { RecordPages } from './record-pages.ts';
import type { PageFile, Paged } from './record-pages.ts';
import { Utf8Writer } from './utf8-writer.ts';
import { speechIn } from './words/speech.ts';

interface RecordOrder {
  readonly collection: Paged;
  readonly workspaceName: string;
  readonly language: Language;
  readonly hasPages: boolean;
}

/** Of a text that is decoded at once: a larger one is promoted when a collection comes while its rows are written. */
const PIECE_BYTES = 32 * 1024;

/** Of some rows. Each has memory of its own. */
export interface Made {
  /** The next bytes of the CSV file. */
  readonly csv: Uint8Array<ArrayBuffer>;
  readonly pages: readonly PageFile[];
}

export class RecordMaker {
  private readonly lines = new LineReader();
  private readonly csv = new Utf8Writer();
  private readonly pages: RecordPages | undefined;

  constructor({ collection, workspaceName, language, hasPages }: RecordOrder) {
    this.csv.write(csvHeader(collection.columns.map(({ name }) => name)));
    this.pages = hasPages ? new RecordPages(collection, workspaceName, speechIn(language)) : undefined;
  }

  /** Takes the rows as JSON lines, however they are cut. */
  make(chunk: Uint8Array): Made {
    const pages: PageFile[] = [];
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      for (const line of this.lines.read(chunk.subarray(at, at + PIECE_BYTES))) {
        const cells = readCells(line);
        this.csv.write(csvRecord(cells));
        if (this.pages) pages.push(...this.pages.add(cells));
      }
    }
    return { csv: this.csv.take(), pages };
  }

  /** What the pages' folder has by now; undefined when there are none to be. */
  get written(): Omit<PackedPages, 'folder'> | undefined {
    return this.pages?.written;
  }
}
