/** The look of index.html and of the pages beside it: system fonts, light and dark, narrow and wide, screen and paper. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --surface: #fff; --ink: #1b2330; --soft: #55606f; --line: #dde2e9; --head: #f0f3f7;
  --accent: #1f5fbf; --accent-soft: #e8f0fc; --note: #fff6e0; --note-line: #e5c66b; --note-ink: #5a4300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161d; --surface: #1a2029; --ink: #e6eaf0; --soft: #a5b0bf; --line: #303947; --head: #222a35;
    --accent: #8ab8ff; --accent-soft: #1d2b42; --note: #2d2714; --note-line: #6d5a20; --note-ink: #f0dfae;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
}
main, .top > div, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
.top { background: var(--surface); border-bottom: 1px solid var(--line); padding: 2.25rem 0 1.75rem; }
.top p { max-width: 46rem; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 3rem 0 .75rem; }
h3 { font-size: 1.1rem; margin: 0; }
p { margin: .5rem 0; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.soft, .none { color: var(--soft); }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--surface); padding: .5rem 1rem; }
dl.facts { display: flex; flex-wrap: wrap; gap: .75rem 2.25rem; margin: 1.25rem 0 0; }
dl.facts dt { font-size: .8rem; color: var(--soft); }
dl.facts dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; margin: 1rem 0; overflow: hidden; }
.card > header { padding: 1rem 1.25rem .75rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
.card > header .count { color: var(--soft); margin-right: auto; }
.card > .inside { padding: 0 1.25rem 1rem; }
.card > header + .inside { margin-top: -.5rem; }
.files-of { display: inline-flex; gap: .5rem; }
.files-of a {
  font-size: .85rem; padding: .1rem .6rem; border-radius: 99px; background: var(--accent-soft); text-decoration: none; white-space: nowrap;
}
.files-of a:hover { text-decoration: underline; }
.scroll { overflow-x: auto; border-top: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .75rem; text-align: start; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-inline-start: 1.25rem; }
thead th { background: var(--head); font-weight: 600; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
td { unicode-bidi: plaintext; max-width: 24rem; min-width: 5rem; overflow-wrap: break-word; white-space: pre-line; }
td .wide, td .nested { min-width: 17rem; }
td time, td .id { white-space: nowrap; }
:target { background: var(--note); }
tbody th[scope="row"] { color: var(--soft); font-weight: 400; }
.card > header .about { flex-basis: 100%; margin: 0; color: var(--soft); font-size: .9rem; }
.glossary { margin: .5rem 0; }
.glossary dl { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .25rem 1rem; margin: .5rem 0; }
.glossary dt { font-weight: 600; }
.glossary dd { margin: 0; }
.search { padding: 1.25rem; }
.search[hidden] { display: none; }
.search label { font-weight: 600; }
.search > div { display: flex; gap: .5rem; margin: .5rem 0; }
.search input { flex: 1; min-width: 0; font: inherit; padding: .5rem .75rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--ground); color: var(--ink); }
.search button { font: inherit; font-weight: 600; padding: .5rem 1.1rem; border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: var(--surface); cursor: pointer; }
.search input:focus-visible, .search button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.search p { font-size: .9rem; margin: .25rem 0; }
.search ol { margin: .5rem 0 0; padding-inline-start: 1.5rem; }
.search ol:empty, .search p:empty { display: none; }
.search li { margin-top: .6rem; overflow-wrap: anywhere; }
.paged main { max-width: none; padding-block: 1.25rem 3rem; }
.paged td { min-width: 7.5rem; }
.paged h1 { font-size: 1.5rem; }
nav.pages { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
nav.pages a { font-weight: 600; }
.id { font-size: .9em; color: var(--soft); }
.summary td, .summary th { min-width: 0; white-space: normal; }
.summary th[scope="rowgroup"] { padding-top: .9rem; }
.summary th[scope="rowgroup"] a { color: inherit; text-decoration: none; }
.summary th[scope="rowgroup"] a:hover { text-decoration: underline; }
.summary td:first-child { padding-inline-start: 2.25rem; width: 100%; }
.summary tbody:not(:last-child) tr:last-child > * { border-bottom: 1px solid var(--line); }
.number { text-align: end; white-space: nowrap; }
dl.record { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; margin: 0; font-size: .95rem; border-top: 1px solid var(--line); }
dl.record > * { padding: .4rem 1.25rem; margin: 0; border-bottom: 1px solid var(--line); }
dl.record > dt { color: var(--soft); }
dl.record > dd { padding-left: 0; overflow-wrap: anywhere; white-space: pre-line; min-width: 0; }
dl.record > :nth-last-child(-n + 2) { border-bottom: 0; }
dl.record + dl.record { border-top: 6px solid var(--ground); }
pre { margin: 0; font: .85em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.nested { margin: 0; padding-inline-start: 0; list-style: none; }
.nested .wide { display: inline; }
.nested .nested { padding-inline-start: 1rem; }
ol.nested { list-style: decimal; padding-inline-start: 1.4rem; }
summary { cursor: pointer; }
details > .long, details > pre { margin-top: .4rem; padding: .5rem .75rem; border-inline-start: 3px solid var(--line); }
.inside.below { border-top: 1px solid var(--line); padding-top: .75rem; font-size: .875rem; }
.media { list-style: none; margin: 0; padding: 1rem 1.25rem; display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(11rem, 40%), 1fr)); border-top: 1px solid var(--line); }
.media li { min-width: 0; font-size: .875rem; overflow-wrap: anywhere; }
.media a { display: block; text-decoration: none; }
.media bdi { text-decoration: underline; }
.media img, .media .type {
  display: grid; place-items: center; width: 100%; height: 7.5rem; object-fit: contain; background: var(--head);
  border: 1px solid var(--line); border-radius: 8px; margin-bottom: .35rem; color: var(--soft); font-weight: 600;
}
.note { background: var(--note); border: 1px solid var(--note-line); color: var(--note-ink); border-radius: 10px; padding: .75rem 1.25rem; margin: 1rem 0; }
.note h2 { font-size: 1.1rem; margin: 0 0 .25rem; }
.note ul { margin: .35rem 0; padding-inline-start: 1.25rem; overflow-wrap: anywhere; }
.empty { text-align: center; padding: 3.5rem 1.5rem; }
.empty h2 { margin-top: 0; }
.empty p { max-width: 38rem; margin-inline: auto; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { overflow-wrap: anywhere; margin-top: 3rem; padding-block: 1.5rem 3rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  dl.record { grid-template-columns: 1fr; }
  dl.record > dt { padding-bottom: 0; border-bottom: 0; font-size: .85rem; }
  dl.record > dd { padding: 0 1.25rem .5rem; }
  dl.record > dt:nth-last-child(2) { border-bottom: 0; }
  .card { border-radius: 8px; }
  main, .top > div, footer { padding-inline: .9rem; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --surface: #fff; --ink: #000; --soft: #444; --line: #bbb; --head: #eee; --accent: #000; --accent-soft: #fff; --note: #fff; --note-ink: #000; }
  body { font-size: 10pt; }
  .card { break-inside: auto; border-radius: 0; }
  thead { display: table-header-group; }
  tr, .media li, dl.record > * { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding-inline: 2pt; }
  th, td, td .wide, td .nested, td time, td .id { min-width: 0; max-width: none; white-space: normal; overflow-wrap: anywhere; }
  td .id { display: inline-block; min-width: 10em; }
  @supports selector(::details-content) {
    details > summary { display: none; }
    details::details-content { content-visibility: visible; display: block; }
  }
  .skip, .search, nav.pages, #search-off { display: none; }
}
`;
