/** What is made of a collection's rows beside their JSON: a CSV file, and pages where there are too many for index.html. */
import type { Language } from '../../domain/languages.ts';
import type { PackedPages } from './contents.ts';
import { csvHeader, csvRecord } from './csv.ts';
import { readCells } from './json-cells.ts';
import { LineReader } from './json-lines.ts';
import { RecordPages } from './record-pages.ts';
import type { PageFile, Paged } from './record-pages.ts';
import { speechIn } from './words/speech.ts';

/** Plain data, for it may go to another thread. */
export interface RecordOrder {
  readonly collection: Paged;
  readonly workspaceName: string;
  readonly language: Language;
  readonly hasPages: boolean;
}

/** A page in UTF-8. */
export type MadePage = { readonly name: string; readonly bytes: Uint8Array };

/** Of some rows. */
export interface Made {
  /** The next bytes of the CSV file. */
  readonly csv: Uint8Array;
  readonly pages: readonly MadePage[];
  /** What the pages' folder has by now; undefined when there are none to be. */
  readonly written: Omit<PackedPages, 'folder'> | undefined;
}

export class RecordMaker {
  private readonly lines = new LineReader();
  private readonly pages: RecordPages | undefined;
  private header: string;

  constructor({ collection, workspaceName, language, hasPages }: RecordOrder) {
    this.header = csvHeader(collection.columns.map(({ name }) => name));
    this.pages = hasPages ? new RecordPages(collection, workspaceName, speechIn(language)) : undefined;
  }

  /** Takes the rows as JSON lines, however they are cut. */
  make(chunk: Uint8Array): Made {
    const records = [this.header];
    this.header = '';
    const files: PageFile[] = [];
    for (const line of this.lines.read(chunk)) {
      const cells = readCells(line);
      records.push(csvRecord(cells));
      if (this.pages) files.push(...this.pages.add(cells));
    }
    const pages = files.map(({ name, content }) => ({ name, bytes: bytesOf(content) }));
    return { csv: bytesOf(records.join('')), pages, written: this.pages?.written };
  }
}

/** In memory of its own, which can be handed to another thread. */
const encoder = new TextEncoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);
