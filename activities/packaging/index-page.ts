/**
 * index.html: what was found, for the person to read in any browser. It needs no network and no script, and its policy
 * allows neither, so that nothing in somebody's records can act when it is opened.
 */
import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';
import { collectionCard } from './collection-card.ts';
import type { PackageContents, PackedCollection, PackedMedia } from './contents.ts';
import { totalRows } from './contents.ts';
import { PAGE_STYLE } from './page-style.ts';
import { counted, formatCount, readableName } from './values.ts';

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64');
/** Browsers differ on whether 'self' covers a page's neighbours on disk, hence `file:` beside it. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src 'self' file:; base-uri 'none'; form-action 'none'`;

const REQUEST_WORDS: Readonly<Record<string, string>> = {
  access: 'Access request',
  portability: 'Portability request',
};

interface Group {
  readonly kind: string;
  readonly collections: readonly PackedCollection[];
}

/** Yields the page in pieces, so that it is never whole in memory. */
export function* indexPage(contents: PackageContents): Generator<string> {
  const found = contents.collections.filter(({ rows }) => rows > 0);
  const groups = groupByKind(found);
  yield `${opening(contents).markup}${lead(contents).markup}<main id="content">`;
  yield found.length === 0 ? nothingFound(contents).markup : summaryTable(groups, contents.media).markup;
  yield leftOut(contents).markup;
  for (const { kind, collections } of groups) {
    yield html`<section><h2 id="${anchor(kind)}">${kind}</h2>`.markup;
    for (const collection of collections) yield collectionCard(collection, mediaOf(collection, contents.media)).markup;
    yield '</section>';
  }
  yield searchedWithoutResult(contents).markup;
  yield `</main>${closing(contents).markup}`;
}

function groupByKind(collections: readonly PackedCollection[]): readonly Group[] {
  const kinds = [...new Set(collections.map(({ kind }) => kind))];
  return kinds.map((kind) => ({ kind, collections: collections.filter((each) => each.kind === kind) }));
}

const mediaOf = ({ collection }: PackedCollection, media: readonly PackedMedia[]): readonly PackedMedia[] =>
  media.filter((each) => each.collection === collection);

const anchor = (kind: string): string => `kind-${encodeURIComponent(kind)}`;

const bdi = (text: string): Html => html`<bdi>${text}</bdi>`;

function opening({ facts }: PackageContents): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Your data at ${facts.workspace.name}</title>
<style>${new Html(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the records</a>
`;
}

function lead(contents: PackageContents): Html {
  const { facts, media } = contents;
  const day = facts.createdAt.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return html`<div class="top"><div>
<h1>Your data at ${bdi(facts.workspace.name)}</h1>
<p>This is a copy of the data about you that ${bdi(facts.workspace.name)} holds in the systems named below, as it stood when the
copy was made. The page works without the internet. Everything shown here is also in the folders beside it, for reading by programs.</p>
<dl class="facts">
<div><dt>Made for</dt><dd>${REQUEST_WORDS[facts.requestType] ?? readableName(facts.requestType)}</dd></div>
<div><dt>Made on</dt><dd><time datetime="${facts.createdAt.toISOString()}">${day}</time></dd></div>
<div><dt>Records</dt><dd>${formatCount(totalRows(contents))}</dd></div>
<div><dt>Files</dt><dd>${formatCount(media.length)}</dd></div>
</dl>
</div></div>
`;
}

function nothingFound({ facts, collections }: PackageContents): Html {
  return html`<div class="card empty">
<h2>No records found</h2>
<p>We searched ${counted(collections.length, 'collection')} of records that ${bdi(facts.workspace.name)} keeps, by every identifier given with
the request. None of them holds a record about you under these identifiers.</p>
<p class="soft">If you used another e-mail address or telephone number, ask ${bdi(facts.workspace.name)} to search for that too.</p>
</div>`;
}

function summaryTable(groups: readonly Group[], media: readonly PackedMedia[]): Html {
  return html`<h2 id="summary">What was found</h2>
<div class="card"><div class="scroll" role="region" aria-labelledby="summary" tabindex="0"><table class="summary">
<thead><tr><th scope="col">Records of</th><th scope="col" class="number">Records</th><th scope="col" class="number">Files</th></tr></thead>
${groups.map((group) => summaryGroup(group, media))}</table></div></div>
`;
}

function summaryGroup({ kind, collections }: Group, media: readonly PackedMedia[]): Html {
  return html`<tbody>
<tr><th scope="rowgroup" colspan="3"><a href="#${anchor(kind)}">${kind}</a></th></tr>
${collections.map((each) => summaryRow(each, mediaOf(each, media).length))}</tbody>
`;
}

function summaryRow({ collection, label, rows }: PackedCollection, files: number): Html {
  return html`<tr><td><a href="#${collection}">${label}</a></td><td class="number">${formatCount(rows)}</td><td class="number">${files === 0 ? '–' : formatCount(files)}</td></tr>
`;
}

/** Said before the records: who reads only the first screen should know that something is not there. */
function leftOut({ missing }: PackageContents): Html {
  if (missing.length === 0) return html``;
  const shown = missing.slice(0, MISSING_SHOWN);
  return html`<div class="note"><strong>${counted(missing.length, 'file')} could not be included.</strong> The records name them, but the
file store does not have them.
<details><summary>Which ones</summary><ul>${shown.map(({ path }) => html`<li dir="auto">${path}</li>`)}</ul>
${missing.length > shown.length ? html`<p>All of them are listed in manifest.json.</p>` : ''}</details></div>
`;
}

const MISSING_SHOWN = 100;

function searchedWithoutResult({ collections }: PackageContents): Html {
  const empty = collections.filter(({ rows }) => rows === 0);
  if (empty.length === 0) return html``;
  return html`<section><h2>Searched, and nothing found</h2>
<p class="soft">${empty.map(({ label }) => label).join(' · ')}</p></section>
`;
}

function closing({ facts, snapshots }: PackageContents): Html {
  return html`<footer>
<p>Request ${facts.requestId} · package ${facts.packageId} · data map ${facts.dataMapVersion}</p>
<p>${[...snapshots].map(([source, at]) => html`Data of “${source}” as of ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC. `)}</p>
<p>Whoever receives this package answers for keeping it safe. README.txt says how to read the files and how to check that nothing was changed.</p>
</footer>
</body>
</html>
`;
}
