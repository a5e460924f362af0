/** One collection on the index page: its first rows, the way to all of them, what its columns mean, and its files. */
import { Html, hrefOf, html } from './html.ts';
import { cellMarkup } from './cell-markup.ts';
import type { Room } from './cell-markup.ts';
import type { Column, PackedCollection, PackedMedia } from './contents.ts';
import { fileItem } from './file-list.ts';
import { NULL } from './json-cells.ts';
import type { Cell } from './json-cells.ts';
import { readingOrder } from './reading-order.ts';
import { fill } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

/** Few rows read better one below the other than as a wide table. */
const RECORDS_AS_LISTS = 2;
const MEDIA_SHOWN = 200;

/** Fit for an `id` and an address, whatever the collection is called. */
export const anchorOf = (collection: string): string => encodeURIComponent(collection);

export function collectionCard(
  packed: PackedCollection,
  media: readonly PackedMedia[],
  speech: Speech,
  room: Room,
): Html {
  const { label, rows, description, sample } = packed;
  const id = anchorOf(packed.collection);
  const { shown, blank } = readingOrder(packed);
  const row = { id, columns: packed.columns, shown, show: (cell: Cell) => shownCell(cell, speech, room) };
  return html`<article class="card" aria-labelledby="${id}" data-label="${label}"${searchAddress(packed)}>
<header><h3 id="${id}">${label}</h3><span class="count">${speech.counted(rows, 'record')}</span><span class="files-of">
${fileLinks(packed, speech)}</span>${description === undefined ? '' : html`<p class="about">${description}</p>`}</header>
${sample.length <= RECORDS_AS_LISTS ? sample.map((cells, at) => recordList(cells, at + 1, row)) : recordTable(sample, row)}
${below(packed, blank, speech)}${mediaList(id, media, speech)}
</article>
`;
}

/** Where the search finds the rows that are not here. */
function searchAddress({ pages }: PackedCollection): Html | undefined {
  if (!pages) return undefined;
  return html` data-pages="${hrefOf(pages.folder)}" data-page-rows="${pages.pageRows}" data-shards="${pages.shards}"`;
}

function fileLinks({ label, files }: PackedCollection, { words }: Speech): readonly Html[] {
  if (!files) return [];
  const link = (path: string, format: string): Html =>
    html`<a href="${hrefOf(path)}" aria-label="${fill(words.formats, { label, format })}">${format}</a>`;
  return [link(files.json, 'JSON'), link(files.jsonl, 'JSON Lines'), link(files.csv, 'CSV')];
}

interface RowLook {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly shown: readonly number[];
  readonly show: (cell: Cell) => Html;
}

function shownCell(cell: Cell, speech: Speech, room: Room): Html {
  return new Html(cellMarkup(cell, speech, room) || '<span class="none">–</span>');
}

function recordList(cells: readonly Cell[], number: number, { id, columns, shown, show }: RowLook): Html {
  return html`<dl class="record" id="${id}-${number}" data-row="${number}">${shown.map(
    (place) => html`<dt>${columns[place]?.label}</dt><dd dir="auto">${show(cells[place] ?? NULL)}</dd>`,
  )}</dl>`;
}

function recordTable(sample: PackedCollection['sample'], { id, columns, shown, show }: RowLook): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table>
<thead><tr>${shown.map((place) => html`<th scope="col">${columns[place]?.label}</th>`)}</tr></thead>
<tbody>
${sample.map(
  (cells, at) =>
    html`<tr id="${id}-${at + 1}" data-row="${at + 1}">${shown.map((place) => html`<td>${show(cells[place] ?? NULL)}</td>`)}</tr>\n`,
)}</tbody></table></div>`;
}

/** What the rows above do not show, and what they mean. */
function below(packed: PackedCollection, blank: readonly number[], speech: Speech): Html {
  const { words } = speech;
  const blankColumns = packed.columns.filter((_, place) => blank.includes(place));
  const absent = [...packed.omitted, ...(packed.derived ?? [])];
  const lines = [
    packed.sample.length < packed.rows ? whatElse(packed, speech) : undefined,
    packed.sample.length > 0 && blankColumns.length > 0
      ? html`<p class="soft">${fill(words.emptyColumns, { columns: labels(blankColumns) })}</p>`
      : undefined,
    absent.length > 0 ? html`<p class="soft">${fill(words.notIncluded, { columns: labels(absent) })}</p>` : undefined,
    packed.mixed?.takenOut
      ? html`<p class="soft">${fill(words.othersTakenOutHere, { records: speech.counted(packed.mixed.rows, 'record') })}</p>`
      : undefined,
    glossary(packed.columns, speech),
  ].filter((line) => line !== undefined);
  return lines.length === 0 ? html`` : html`<div class="inside below">${lines}</div>`;
}

function whatElse({ sample, rows, pages }: PackedCollection, { words, count, counted }: Speech): Html {
  const shown =
    sample.length === 0
      ? words.tooLong
      : fill(words.firstShown, { shown: count(sample.length), count: counted(rows, 'record') });
  if (!pages) return html`<p><strong>${shown}</strong> ${words.allInFiles}</p>`;
  const places = { pages: counted(pages.pages, 'page'), paged: counted(pages.rows, 'record') };
  const where = fill(pages.rows === rows ? words.allOnPages : words.someOnPages, places);
  return html`<p><strong>${shown}</strong> ${where} <a href="${hrefOf(pages.folder)}/0001.html">${words.browse}</a></p>`;
}

const labels = (columns: readonly Column[]): string => columns.map(({ label }) => label).join(', ');

function glossary(columns: readonly Column[], { words }: Speech): Html | undefined {
  const explained = columns.filter(({ description }) => description !== undefined);
  if (explained.length === 0) return undefined;
  return html`<details class="glossary"><summary>${words.glossary}</summary><dl>${explained.map(
    ({ label, description }) => html`<dt>${label}</dt><dd>${description}</dd>`,
  )}</dl></details>`;
}

function mediaList(id: string, media: readonly PackedMedia[], speech: Speech): Html {
  if (media.length === 0) return html``;
  const shown = media.slice(0, MEDIA_SHOWN);
  const more = media.length - shown.length;
  return html`<ul class="media">${shown.map(({ file }, at) => fileItem(file, `${id}-file-${at + 1}`))}</ul>
${more > 0 ? html`<div class="inside below"><p>${fill(speech.words.moreFiles, { files: speech.counted(more, 'file') })}</p></div>` : ''}`;
}
