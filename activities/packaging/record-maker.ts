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

/** Plain data, for it may go to another thread. */
export interface RecordOrder {
  readonly collection: Paged;
  readonly workspaceName: string;
  readonly language: Language;
  readonly hasPages: boolean;
}

/** A page in UTF-8. */
export type MadePage = { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

/** Of some rows. No two have memory in common. */
export interface Made {
  /** The next bytes of the CSV file. */
  readonly csv: Uint8Array<ArrayBuffer>;
  readonly pages: readonly MadePage[];
  /** What the pages' folder has by now; undefined when there are none to be. */
  readonly written: Omit<PackedPages, 'folder'> | undefined;
}

export class RecordMaker {
  private readonly lines = new LineReader();
  private readonly csv = new Utf8Writer();
  private readonly text = new Utf8Writer();
  private readonly pages: RecordPages | undefined;

  constructor({ collection, workspaceName, language, hasPages }: RecordOrder) {
    this.csv.write(csvHeader(collection.columns.map(({ name }) => name)));
    this.pages = hasPages ? new RecordPages(collection, workspaceName, speechIn(language)) : undefined;
  }

  /** Takes the rows as JSON lines, however they are cut. */
  make(chunk: Uint8Array): Made {
    const pages: MadePage[] = [];
    for (const line of this.lines.read(chunk)) {
      const cells = readCells(line);
      this.csv.write(csvRecord(cells));
      for (const file of this.pages?.add(cells) ?? []) pages.push(this.encode(file));
    }
    return { csv: this.csv.take(), pages, written: this.pages?.written };
  }

  private encode({ name, texts }: PageFile): MadePage {
    for (const text of texts) this.text.write(text);
    return { name, bytes: this.text.take() };
  }
}
