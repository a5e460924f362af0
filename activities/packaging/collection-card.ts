/** One collection on the index page: its first rows, the way to all of them, and its files. */
import { hrefOf, html } from './html.ts';
import type { Html } from './html.ts';
import type { Column, PackedCollection, PackedMedia } from './contents.ts';
import type { Row } from './values.ts';
import { counted, formatBytes, formatCount, isBlank, isIdentifier, renderValue } from './values.ts';

/** Few rows read better one below the other than as a wide table. */
const RECORDS_AS_LISTS = 2;
const MEDIA_SHOWN = 200;
const IMAGES = /\.(png|jpe?g|gif|webp|avif)$/i;

export function collectionCard(packed: PackedCollection, media: readonly PackedMedia[]): Html {
  const blank = packed.columns.filter(({ name }) => packed.sample.every((row) => isBlank(row[name])));
  const shown = inReadingOrder(packed, blank);
  return html`<article class="card" aria-labelledby="${packed.collection}">
<header><h3 id="${packed.collection}">${packed.label}</h3><span class="count">${counted(packed.rows, 'record')}</span><span class="files-of">
${dataLink(packed, packed.json, 'JSON')}${dataLink(packed, packed.csv, 'CSV')}</span></header>
${packed.sample.length <= RECORDS_AS_LISTS ? packed.sample.map((row) => recordList(row, shown)) : recordTable(packed, shown)}
${below(packed, blank)}${mediaList(media)}
</article>
`;
}

/** What the system refers to its rows by comes last: it says the least, and would fill the first screen. */
function inReadingOrder({ columns, sample }: PackedCollection, blank: readonly Column[]): readonly Column[] {
  const isReference = ({ name }: Column) => sample.every((row) => isBlank(row[name]) || isIdentifier(row[name]));
  const shown = columns.filter((column) => !blank.includes(column));
  return [...shown.filter((column) => !isReference(column)), ...shown.filter(isReference)];
}

function dataLink({ label }: PackedCollection, path: string | undefined, format: string): Html | undefined {
  return path === undefined
    ? undefined
    : html`<a href="${hrefOf(path)}" aria-label="${label} as ${format}">${format}</a>`;
}

function recordList(row: Row, columns: readonly Column[]): Html {
  return html`<dl class="record">${columns.map(
    ({ name, label }) => html`<dt>${label}</dt><dd dir="auto">${renderValue(row[name])}</dd>`,
  )}</dl>`;
}

function recordTable({ collection, sample }: PackedCollection, columns: readonly Column[]): Html {
  return html`<div class="scroll" role="region" aria-labelledby="${collection}" tabindex="0"><table>
<thead><tr>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>
${sample.map((row) => html`<tr>${columns.map(({ name }) => html`<td dir="auto">${renderValue(row[name])}</td>`)}</tr>\n`)}</tbody></table></div>`;
}

/** What the rows above do not show. */
function below(packed: PackedCollection, blank: readonly Column[]): Html {
  const shown = packed.sample.length;
  const lines = [
    packed.rows > shown
      ? html`<p><strong>${shown === 0 ? 'The records are too long to be shown here.' : `The first ${formatCount(shown)} of ${formatCount(packed.rows)} records are shown.`}</strong>
All of them are in the JSON and the CSV file.</p>`
      : undefined,
    shown > 0 && blank.length > 0
      ? html`<p class="soft">Empty in every record shown: ${labels(blank)}.</p>`
      : undefined,
    packed.omitted.length > 0
      ? html`<p class="soft">Not included: ${labels(packed.omitted)}. README.txt says why.</p>`
      : undefined,
  ].filter((line) => line !== undefined);
  return lines.length === 0 ? html`` : html`<div class="inside below">${lines}</div>`;
}

const labels = (columns: readonly Column[]): string => columns.map(({ label }) => label).join(', ');

function mediaList(media: readonly PackedMedia[]): Html {
  if (media.length === 0) return html``;
  const more = media.length - MEDIA_SHOWN;
  return html`<ul class="media">${media.slice(0, MEDIA_SHOWN).map(mediaItem)}</ul>
${more > 0 ? html`<div class="inside below"><p>${counted(more, 'more file')} in the folder media.</p></div>` : ''}`;
}

function mediaItem({ file }: PackedMedia): Html {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const extension = /\.([^.]{1,5})$/.exec(name)?.[1]?.toUpperCase() ?? 'FILE';
  const preview = IMAGES.test(name)
    ? html`<img src="${hrefOf(file.path)}" alt="" loading="lazy">`
    : html`<span class="type" aria-hidden="true">${extension}</span>`;
  return html`<li><a href="${hrefOf(file.path)}">${preview}<bdi>${name}</bdi></a><span class="soft">${formatBytes(file.bytes)}</span></li>`;
}
