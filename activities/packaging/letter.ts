/** letter.pdf: goes with the package to the person. Equal contents give equal bytes. */
import type { PackageContents } from './contents.ts';
import { totalFiles, totalRows, withheldRows } from './contents.ts';
import { Paper } from './paper.ts';
import { keptBackLines, notSearchedLines } from './index-page.ts';
import { fill, speechIn } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

export async function letter(contents: PackageContents): Promise<Buffer> {
  const { facts } = contents;
  const speech = speechIn(facts.language);
  const { words, counted, longDay } = speech;
  const name = facts.workspace.name;
  const isPortability = facts.requestType === 'portability';
  const paper = new Paper({
    title: fill(words.title, { name }),
    author: name,
    subject: words.letterTitle,
    language: facts.language,
    date: facts.createdAt,
    squares: words.letterGlyphs,
    pageNumber: words.letterPage,
  });

  paper.line(name, { bold: true });
  if (facts.contact !== undefined) paper.line(fill(words.contact, { contact: facts.contact }));
  paper.line(longDay(facts.createdAt));
  paper.heading(fill(words.title, { name }), 'H1');
  paper.line(`${words.factRequest}: ${facts.requestId}`);
  paper.line(`${words.factPackage}: ${facts.packageId}`);
  paper.paragraph(words.letterGreeting);
  paper.paragraph(
    fill(isPortability ? words.letterPortability : words.letterAccess, { name, day: longDay(snapshotOf(contents)) }),
  );

  const rows = totalRows(contents);
  if (rows === 0) {
    const collections = counted(contents.collections.length, 'collection');
    paper.paragraph(fill(withheldRows(contents) > 0 ? words.allKeptBack : words.letterNothing, { collections }));
  }
  if (rows + totalFiles(contents) > 0) {
    paper.heading(words.letterContents, 'H2');
    paper.list(countsByKind(contents, speech));
    const files = counted(totalFiles(contents), 'file');
    paper.paragraph(fill(words.letterTotals, { records: counted(rows, 'record'), files }));
  }
  paper.heading(words.letterKeptBack, 'H2');
  notHeld(contents, speech, paper);
  paper.heading(words.letterRights, 'H2');
  paper.paragraph(fill(words.letterRightsText, { name }));
  paper.heading(words.letterSafe, 'H2');
  paper.paragraph(words.responsibility);
  paper.paragraph(words.letterCheck);
  paper.paragraph(fill(words.letterClosing, { name }));
  return paper.finish();
}

/** The oldest of the sources' times: nothing in the package is older than that. */
function snapshotOf({ snapshots, facts }: PackageContents): Date {
  const times = [...snapshots.values()].map((at) => at.getTime());
  return times.length === 0 ? facts.createdAt : new Date(Math.min(...times));
}

function countsByKind(
  { collections, manualSystems, attachments }: PackageContents,
  { words, counted }: Speech,
): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind, rows } of collections) counts.set(kind, (counts.get(kind) ?? 0) + rows);
  const found = [...counts].filter(([, rows]) => rows > 0).map(([kind, rows]) => `${kind}: ${counted(rows, 'record')}`);
  const systems = new Set([...manualSystems, ...attachments].map(({ system }) => system));
  const byHand = [...systems].map((system) => {
    const files = attachments.filter((each) => each.system === system).length;
    return fill(files === 0 ? words.byHandNothing : words.byHandAttached, { system, files: counted(files, 'file') });
  });
  return [...found, ...byHand];
}

function notHeld(contents: PackageContents, speech: Speech, paper: Paper): void {
  const { words, counted } = speech;
  const { collections, missing } = contents;
  const keptBack = keptBackLines(contents, speech);
  const derived = collections.flatMap((each) => each.derived ?? []);
  const mixed = collections.reduce((sum, each) => sum + (each.mixed?.takenOut ? each.mixed.rows : 0), 0);
  const omitted = collections.filter((each) => each.rows > 0 && each.omitted.length > 0).map(({ label }) => label);
  if (keptBack.length > 0) {
    paper.paragraph(words.keptBackIntro);
    paper.list(keptBack);
  }
  if (derived.length > 0) {
    paper.paragraph(words.derivedOmitted);
    paper.list([...new Set(derived.map(({ label }) => label))]);
  }
  if (mixed > 0) paper.paragraph(fill(words.othersTakenOut, { records: counted(mixed, 'record') }));
  if (omitted.length > 0) paper.paragraph(fill(words.letterColumnsOmitted, { collections: omitted.join(', ') }));
  const notSearched = notSearchedLines(contents);
  if (notSearched.length > 0) {
    paper.paragraph(fill(words.notSearched, { name: contents.facts.workspace.name }));
    paper.list(notSearched);
  }
  if (missing.length > 0) paper.paragraph(fill(words.letterMissing, { files: counted(missing.length, 'file') }));
  if (keptBack.length + derived.length + mixed + omitted.length + notSearched.length + missing.length === 0)
    paper.paragraph(words.letterNothingKeptBack);
}
