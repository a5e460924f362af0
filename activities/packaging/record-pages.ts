/**
 * Collections too large for index.html: their rows on pages of their own, and the rows' texts beside them for the search.
 * Both are written as the rows pass, row by row in UTF-8: texts that wait for the rest of their page would be garbage of the
 * kind that is collected late.
 */
import { cellText, isIdentifier, lineMarkup } from './cell-markup.ts';
import type { Room } from './cell-markup.ts';
import type { Column, PackedCollection, PackedPages } from './contents.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { Cell } from './json-cells.ts';
import { pageHead } from './page-head.ts';
import { readingOrder } from './reading-order.ts';
import { Utf8Writer } from './utf8-writer.ts';
import { fill } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

/** About as many as somebody scrolls through; 100,000 rows are 400 pages of some 150 kB. */
const PAGE_ROWS = 250;
/** More pages than these nobody turns, and the search of more takes longer than anybody waits. */
const MAX_ROWS = 100_000;
/** Characters behind clicks on one page. */
const PAGE_ROOM = 2_000_000;
/** Characters of text in one file of the search: read in a moment, and few files. */
const SHARD_CHARACTERS = 2 ** 20;

/** The pages run no script and load their style alone. Browsers differ on whether 'self' covers a page's neighbours on disk. */
const POLICY = "default-src 'none'; style-src 'self' file:; base-uri 'none'; form-action 'none'";

export const PAGES_FOLDER = 'pages';
export const STYLE_FILE = `${PAGES_FOLDER}/style.css`;

export type Paged = Pick<PackedCollection, 'label' | 'columns' | 'sample' | 'rows'>;

/** How many of a collection's rows get a page. */
const pagedRows = ({ rows }: Paged): number => Math.min(rows, MAX_ROWS);

export interface PageFile {
  /** In the collection's folder. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class RecordPages {
  private readonly page: Page;
  private readonly shard = new Shard();
  private readonly speech: Speech;

  constructor(collection: Paged, workspaceName: string, speech: Speech) {
    this.page = new Page(collection, workspaceName, speech);
    this.speech = speech;
  }

  /** The files that are complete with this row; with the last one all are. */
  add(cells: readonly Cell[]): readonly PageFile[] {
    if (this.page.isLast) return [];
    const texts = cells.map((cell) => cellText(cell, this.speech));
    this.page.addRow(texts);
    this.shard.addRow(texts.filter((text, place) => text !== '' && isSought(cells[place])));
    const files: PageFile[] = [];
    if (this.page.isFull) files.push({ name: `${padded(this.page.number)}.html`, bytes: this.page.take() });
    if (this.shard.isFull || this.page.isLast) {
      files.push({ name: `search-${padded(this.shard.number)}.js`, bytes: this.shard.take() });
    }
    return files;
  }

  /** What there is in the folder so far. */
  get written(): Omit<PackedPages, 'folder'> {
    const { pages, rows } = this.page;
    return { pages, rows, pageRows: PAGE_ROWS, shards: this.shard.number - 1 };
  }
}

/** A search for yes and no, or for what only the system can read, would find too much or nobody makes it. */
function isSought(cell: Cell | undefined): boolean {
  return cell !== undefined && cell.kind !== 'boolean' && !isIdentifier(cell);
}

/** Rows of search text, of somebody who may be hostile: they are the content of one string and nothing else. */
class Shard {
  number = 1;
  private readonly script = new Utf8Writer();
  private rows = 0;
  private before = 0;
  private characters = 0;

  addRow(texts: readonly string[]): void {
    const text = texts.join('\t').replace(/[\n\r]/g, ' ');
    const literal = JSON.stringify(text.toWellFormed()).replace(/[\u2028\u2029<]/g, escaped);
    this.script.write(this.rows === 0 ? `stewardRows(${this.before + 1},"` : '\\n');
    this.script.write(literal.slice(1, -1));
    this.rows += 1;
    this.characters += text.length + 1;
  }

  get isFull(): boolean {
    return this.characters >= SHARD_CHARACTERS;
  }

  take(): Uint8Array<ArrayBuffer> {
    this.script.write('")\n');
    this.before += this.rows;
    this.number += 1;
    this.rows = 0;
    this.characters = 0;
    return this.script.take();
  }
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

class Page {
  /** Rows added so far, on all pages. */
  rows = 0;
  number = 1;
  readonly pages: number;
  private readonly collection: Paged;
  private readonly workspaceName: string;
  private readonly speech: Speech;
  private readonly order: readonly number[];
  private readonly total: number;
  private readonly markup = new Utf8Writer();
  private room: Room = { left: PAGE_ROOM };

  constructor(collection: Paged, workspaceName: string, speech: Speech) {
    this.collection = collection;
    this.workspaceName = workspaceName;
    this.speech = speech;
    const { shown, blank } = readingOrder(collection);
    this.order = [...shown, ...blank];
    this.total = pagedRows(collection);
    this.pages = Math.ceil(this.total / PAGE_ROWS);
  }

  addRow(texts: readonly string[]): void {
    if (this.rows % PAGE_ROWS === 0) this.markup.write(this.opening().markup);
    this.rows += 1;
    // End tags that HTML lets one leave out would be a tenth of the page.
    let row = `<tr id=r${this.rows}><th scope=row>${this.rows}`;
    for (const place of this.order) row += `<td>${lineMarkup(texts[place] ?? '', this.speech, this.room)}`;
    this.markup.write(`${row}\n`);
  }

  get isFull(): boolean {
    return this.rows % PAGE_ROWS === 0 || this.isLast;
  }

  /** Whether no row follows on any page. */
  get isLast(): boolean {
    return this.rows === this.total;
  }

  take(): Uint8Array<ArrayBuffer> {
    this.markup.write(`</tbody></table></div>
${this.navigation('below').markup}</main></body></html>
`);
    this.number += 1;
    this.room = { left: PAGE_ROOM };
    return this.markup.take();
  }

  private opening(): Html {
    const { words, language, count } = this.speech;
    const { label, columns, rows } = this.collection;
    const numbers = { label, page: count(this.number), pages: count(this.pages) };
    const [first, last] = [this.rows + 1, Math.min(this.rows + PAGE_ROWS, this.total)];
    const span = { first: count(first), last: count(last), count: this.speech.counted(rows, 'record') };
    const title = `${fill(words.pageTitle, numbers)} – ${fill(words.title, { name: this.workspaceName })}`;
    const style = html`<link rel="stylesheet" href="../style.css">`;
    return html`${pageHead({ language, policy: POLICY, title, style })}<body class="paged">
<main>
<p><a href="../../index.html">${words.contents}</a></p>
<h1 id="title">${label}</h1>
<p class="soft">${fill(words.pageRecords, span)}</p>
${this.navigation('above')}
<div class="scroll card" role="region" aria-labelledby="title" tabindex="0"><table>
<thead><tr><th scope="col">${words.headNumber}</th>${this.order.map((place) => columnHead(columns[place]))}</tr></thead>
<tbody>
`;
  }

  private navigation(where: string): Html {
    const { words, count } = this.speech;
    const place = { page: count(this.number), pages: count(this.pages) };
    const to = (number: number, text: string): Html =>
      number < 1 || number > this.pages || number === this.number
        ? html`<span class="soft">${text}</span>`
        : html`<a href="${padded(number)}.html">${text}</a>`;
    return html`<nav class="pages" aria-label="${words.navigation} (${where === 'above' ? '1' : '2'})">
${to(1, words.first)} ${to(this.number - 1, words.previous)}
<span>${place.page} / ${place.pages}</span>
${to(this.number + 1, words.next)} ${to(this.pages, words.last)}
</nav>
`;
  }
}

function columnHead(column: Column | undefined): Html {
  return html`<th scope="col">${column?.label}</th>`;
}

const padded = (number: number): string => String(number).padStart(4, '0');
