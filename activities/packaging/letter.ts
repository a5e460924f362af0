/**
 * letter.pdf: goes with the package to the person. Tagged for screen readers (PDF/UA), with its fonts inside; equal contents
 * give equal bytes.
 *
 * The fonts have Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic; other scripts print as empty squares, and
 * the letter says so. See print-order.ts for text from right to left.
 */
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import Pdf from 'pdfkit';
import type { PackageContents } from './contents.ts';
import { totalFiles, totalRows, withheldRows } from './contents.ts';
import { keptBackLines, notSearchedLines } from './index-page.ts';
import { inPrintOrder } from './print-order.ts';
import { fill, speechIn } from './words/speech.ts';
import type { Speech } from './words/speech.ts';

const font = (name: string): string => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`));
const REGULAR = font('DejaVuSans');
const BOLD = font('DejaVuSans-Bold');

const MARGIN = 58;
const UNPRINTABLE =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]|\p{Extended_Pictographic}/gu;
const SQUARE = '\u{25a1}';

export async function letter(contents: PackageContents): Promise<Buffer> {
  const { facts } = contents;
  const speech = speechIn(facts.language);
  const { words, counted, longDay } = speech;
  const name = facts.workspace.name;
  const isPortability = facts.requestType === 'portability';
  const paper = new Paper(fill(words.title, { name }), name, speech, facts.createdAt);

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

/** Prints structured text. */
class Paper {
  private readonly document: PDFKit.PDFDocument;
  private readonly root: PDFKit.PDFStructureElement;
  private readonly speech: Speech;
  private hasSquares = false;

  constructor(title: string, author: string, speech: Speech, date: Date) {
    this.speech = speech;
    const options: PDFKit.PDFDocumentOptions = {
      size: 'A4',
      margin: MARGIN,
      pdfVersion: '1.7',
      tagged: true,
      displayTitle: true,
      lang: speech.language,
      bufferPages: true,
      info: { Title: title, Author: author, Subject: speech.words.letterTitle, CreationDate: date, ModDate: date },
    };
    // Not in the library's types.
    this.document = new Pdf(Object.assign(options, { subset: 'PDF/UA' }));
    this.document.registerFont('regular', REGULAR).registerFont('bold', BOLD);
    this.root = this.document.struct('Document');
    this.document.addStructure(this.root);
  }

  heading(text: string, level: 'H1' | 'H2'): void {
    this.document.moveDown(level === 'H1' ? 1.25 : 0.6);
    this.element(level, text, { size: level === 'H1' ? 18 : 12, bold: true });
    this.document.moveDown(0.2);
  }

  paragraph(text: string): void {
    this.document.moveDown(0.5);
    this.element('P', text);
  }

  line(text: string, look: { readonly bold?: boolean } = {}): void {
    this.element('P', text, look);
  }

  list(items: readonly string[]): void {
    const list = this.document.struct('L');
    this.root.add(list);
    for (const item of items) {
      const body = this.document.struct('LBody', {}, () => this.print(`•  ${item}`, { indent: 12 }));
      list.add(this.document.struct('LI', {}, [body]));
    }
    list.end();
  }

  async finish(): Promise<Buffer> {
    if (this.hasSquares) this.paragraph(this.speech.words.letterGlyphs);
    this.root.end();
    this.numberPages();
    this.document.end();
    return buffer(this.document);
  }

  private element(type: string, text: string, look: Look = {}): void {
    this.root.add(this.document.struct(type, {}, () => this.print(text, look)));
  }

  private print(text: string, { size = 10, bold = false, indent = 0 }: Look): void {
    const printable = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(UNPRINTABLE, SQUARE);
    this.hasSquares ||= printable !== text && printable.includes(SQUARE);
    this.document.font(bold ? 'bold' : 'regular', size).text(inPrintOrder(printable), MARGIN + indent, undefined, {
      width: this.document.page.width - 2 * MARGIN - indent,
      lineGap: 2,
    });
  }

  private numberPages(): void {
    const { start, count } = this.document.bufferedPageRange();
    for (let index = 0; index < count; index += 1) {
      this.document.switchToPage(start + index);
      const place = { page: index + 1, pages: count };
      this.document.page.margins.bottom = 0;
      this.document.markContent('Artifact', { type: 'Pagination' });
      this.document
        .font('regular', 8)
        .text(fill(this.speech.words.letterPage, place), MARGIN, this.document.page.height - 40, { lineBreak: false });
      this.document.endMarkedContent();
    }
  }
}

interface Look {
  readonly size?: number;
  readonly bold?: boolean;
  readonly indent?: number;
}
