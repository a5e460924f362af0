/**
 * index.html: what was found, for the person to read in any browser, without a network. Its policy allows one script, the
 * search's, and what that loads from beside the page, so that nothing in somebody's records can act when it is opened;
 * without scripts all of it can be read.
 */
import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';
import { collectionCard, anchorOf } from './collection-card.ts';
import type { PackageContents, PackedCollection, PackedMedia } from './contents.ts';
import { totalFiles, totalRows, withheldRows } from './contents.ts';
import { fileItem } from './file-list.ts';
import { pageHead } from './page-head.ts';
import { PAGE_STYLE } from './page-style.ts';
import { SEARCH_SCRIPT } from './search-script.ts';
import { exemptionWords, fill, speechIn } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');
/**
 * 'strict-dynamic' lets the search load its files and nobody else anything; browsers that do not know it go by `file:`.
 * Browsers differ on whether 'self' covers a page's neighbours on disk.
 */
const POLICY = [
  "default-src 'none'",
  `script-src 'sha256-${digestOf(SEARCH_SCRIPT)}' 'strict-dynamic' 'self' file:`,
  `style-src 'sha256-${digestOf(PAGE_STYLE)}'`,
  "img-src 'self' file:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Characters behind clicks, on the whole page. */
const PAGE_ROOM = 6_000_000;
const MISSING_SHOWN = 100;

interface Group {
  readonly kind: string;
  readonly collections: readonly PackedCollection[];
}

/** Yields the page in pieces, so that it is never whole in memory. */
export function* indexPage(contents: PackageContents): Generator<string> {
  const speech = speechIn(contents.facts.language);
  const found = contents.collections.filter(({ rows }) => rows > 0);
  const groups = groupByKind(found);
  const room = { left: PAGE_ROOM };
  yield `${opening(contents, speech).markup}${lead(contents, speech).markup}<main id="content">`;
  if (found.length === 0) yield nothingShown(contents, speech).markup;
  else yield searchForm(speech).markup + summaryTable(groups, contents.media, speech).markup;
  yield leftOut(contents, speech).markup + keptBack(contents, speech).markup + notSearched(contents, speech).markup;
  for (const { kind, collections } of groups) {
    yield html`<section><h2 id="${anchorOfKind(kind)}">${kind}</h2>`.markup;
    for (const collection of collections) {
      yield collectionCard(collection, mediaOf(collection, contents.media), speech, room).markup;
    }
    yield '</section>';
  }
  yield byHand(contents, speech).markup + searchedInVain(contents, speech).markup;
  yield `</main>${closing(contents, speech).markup}`;
  if (found.length > 0) yield `<script>${SEARCH_SCRIPT}</script>\n`;
  yield '</body>\n</html>\n';
}

function groupByKind(collections: readonly PackedCollection[]): readonly Group[] {
  const kinds = [...new Set(collections.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, collections: collections.filter((each) => each.kind === kind) }));
}

const mediaOf = ({ collection }: PackedCollection, media: readonly PackedMedia[]): readonly PackedMedia[] =>
  media.filter((each) => each.collection === collection);

const anchorOfKind = (kind: string): string => `kind-${encodeURIComponent(kind)}`;

/** A sentence with the workspace's name in it, whatever its direction. */
function naming(sentence: string, { facts }: PackageContents): Html {
  const [before = '', ...rest] = sentence.split('{name}');
  return html`${before}${rest.map((after) => html`<bdi>${facts.workspace.name}</bdi>${after}`)}`;
}

function opening({ facts }: PackageContents, { language, words }: Speech): Html {
  const title = fill(words.title, { name: facts.workspace.name });
  const style = html`<style>${new Html(PAGE_STYLE)}</style>`;
  return html`${pageHead({ language, policy: POLICY, title, style })}<body>
<a class="skip" href="#content">${words.skip}</a>
`;
}

function lead(contents: PackageContents, { words, count, longDay }: Speech): Html {
  const { facts } = contents;
  const isPortability = facts.requestType === 'portability';
  return html`<header class="top"><div>
<h1>${naming(words.title, contents)}</h1>
<p>${naming(isPortability ? words.introPortability : words.intro, contents)} ${words.introPage}</p>
<dl class="facts">
<div><dt>${words.madeFor}</dt><dd>${isPortability ? words.forPortability : words.forAccess}</dd></div>
<div><dt>${words.madeOn}</dt><dd><time datetime="${facts.createdAt.toISOString()}">${longDay(facts.createdAt)}</time></dd></div>
<div><dt>${words.headRecords}</dt><dd>${count(totalRows(contents))}</dd></div>
<div><dt>${words.headFiles}</dt><dd>${count(totalFiles(contents))}</dd></div>
</dl>
</div></header>
`;
}

function nothingShown(contents: PackageContents, { words, counted }: Speech): Html {
  if (withheldRows(contents) > 0) return html`<div class="card empty"><p>${words.allKeptBack}</p></div>`;
  const searched = fill(words.nothingFoundSearched, {
    collections: counted(contents.collections.length, 'collection'),
  });
  return html`<div class="card empty">
<h2>${words.nothingFound}</h2>
<p>${naming(searched, contents)}</p>
<p class="soft">${naming(words.nothingFoundAdvice, contents)}</p>
</div>`;
}

function searchForm({ words }: Speech): Html {
  const said = {
    searching: words.searching,
    none: words.searchNone,
    some: words.searchSome,
    more: words.searchMore,
    failed: words.searchFailed,
    record: words.searchRecord,
    file: words.searchFile,
  };
  return html`<search><form id="search-form" class="card search" data-words="${JSON.stringify(said)}" hidden>
<label for="search-words">${words.search}</label>
<div><input id="search-words" name="q" type="search" autocomplete="off" spellcheck="false" aria-describedby="search-hint">
<button>${words.searchButton}</button></div>
<p id="search-hint" class="soft">${words.searchHint}</p>
<p id="search-status" role="status"></p>
<ol id="search-results"></ol>
</form></search>
<p id="search-off" class="soft">${words.searchUnscripted}</p>
`;
}

function summaryTable(groups: readonly Group[], media: readonly PackedMedia[], speech: Speech): Html {
  const { words } = speech;
  return html`<h2 id="summary">${words.found}</h2>
<div class="card"><div class="scroll" role="region" aria-labelledby="summary" tabindex="0"><table class="summary">
<thead><tr><th scope="col">${words.headRecordsOf}</th><th scope="col" class="number">${words.headRecords}</th><th scope="col" class="number">${words.headFiles}</th></tr></thead>
${groups.map((group) => summaryGroup(group, media, speech))}</table></div></div>
`;
}

function summaryGroup({ kind, collections }: Group, media: readonly PackedMedia[], speech: Speech): Html {
  return html`<tbody>
<tr><th scope="rowgroup" colspan="3"><a href="#${anchorOfKind(kind)}">${kind}</a></th></tr>
${collections.map((each) => summaryRow(each, mediaOf(each, media).length, speech))}</tbody>
`;
}

function summaryRow({ collection, label, rows }: PackedCollection, files: number, { count }: Speech): Html {
  return html`<tr><td><a href="#${anchorOf(collection)}">${label}</a></td><td class="number">${count(rows)}</td><td class="number">${files === 0 ? '–' : count(files)}</td></tr>
`;
}

/** Said before the records: who reads only the first screen should know that something is not there. */
function leftOut({ missing }: PackageContents, { words, counted }: Speech): Html {
  if (missing.length === 0) return html``;
  const shown = missing.slice(0, MISSING_SHOWN);
  return html`<div class="note">${fill(words.filesMissing, { files: counted(missing.length, 'file') })}
<details><summary>${words.whichOnes}</summary><ul>${shown.map(({ path }) => html`<li dir="auto">${path}</li>`)}</ul>
${missing.length > shown.length ? html`<p>${words.missingInManifest}</p>` : ''}</details></div>
`;
}

function keptBack(contents: PackageContents, speech: Speech): Html {
  const lines = keptBackLines(contents, speech);
  if (lines.length === 0) return html``;
  return html`<div class="note"><h2>${speech.words.keptBack}</h2>${speech.words.keptBackIntro}
<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></div>
`;
}

function notSearched(contents: PackageContents, { words }: Speech): Html {
  const lines = notSearchedLines(contents);
  if (lines.length === 0) return html``;
  return html`<div class="note">${naming(words.notSearched, contents)}
<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></div>
`;
}

/** Each source that was not searched, with what it may hold. */
export function notSearchedLines({ unreached }: Pick<PackageContents, 'unreached'>): readonly string[] {
  return unreached.map(({ source, collections }) => `${source}: ${collections.map(({ label }) => label).join(', ')}`);
}

/** Each thing kept back with its reason, as the person may know it. */
export function keptBackLines(
  { redactions, collections }: Pick<PackageContents, 'redactions' | 'collections'>,
  { words, counted }: Speech,
): readonly string[] {
  const unexplained = collections.filter(({ withheld = 0 }) => withheld > 0);
  const notes =
    redactions.length > 0
      ? redactions
      : unexplained.map(({ label, withheld }) => ({ label, exemption: 'other', rows: withheld }));
  return notes.map(({ label, exemption, rows }) => {
    const reason = exemptionWords(words, exemption);
    if (rows === undefined) return fill(words.keptBackItem, { label, reason });
    return fill(words.keptBackRows, { label, reason, rows: counted(rows, 'record') });
  });
}

/** The systems that people searched, with what they attached. */
function byHand({ manualSystems, attachments }: PackageContents, speech: Speech): Html {
  const { words, counted } = speech;
  const systems = [...new Set([...manualSystems, ...attachments].map(({ system }) => system))];
  if (systems.length === 0) return html``;
  return html`<section><h2>${words.byHand}</h2>
${systems.map((system) => {
  const files = attachments.filter((each) => each.system === system);
  const statement = manualSystems.find((each) => each.system === system)?.statement;
  const outcome = files.length === 0 ? words.byHandNothing : words.byHandAttached;
  return html`<article class="card" data-label="${system}"><header><h3>${fill(outcome, { system, files: counted(files.length, 'file') })}</h3></header>
${statement === undefined ? '' : html`<p class="inside" dir="auto">${statement}</p>`}
${files.length === 0 ? '' : html`<ul class="media">${files.map(({ file, title }) => fileItem(file, anchorOf(file.path), title))}</ul>`}</article>`;
})}</section>
`;
}

function searchedInVain({ collections }: PackageContents, { words }: Speech): Html {
  const empty = collections.filter(({ rows, withheld = 0 }) => rows + withheld === 0);
  if (empty.length === 0) return html``;
  return html`<section><h2>${words.searchedInVain}</h2>
<p class="soft">${empty.map(({ label }) => label).join(' · ')}</p></section>
`;
}

function closing({ facts, snapshots }: PackageContents, { words }: Speech): Html {
  const ids = { request: facts.requestId, package: facts.packageId, map: facts.dataMapVersion };
  return html`<footer>
<p>${fill(words.identifiers, ids)}</p>
<p>${[...snapshots].map(([source, at]) => html`${fill(words.asOf, { source, moment: at.toISOString().slice(0, 19).replace('T', ' ') })} `)}</p>
<p>${words.recipient} ${words.seeReadme}</p>
</footer>
`;
}
