/**
 * Structured text on paper: tagged for screen readers (PDF/UA), with its fonts inside; equal contents give equal bytes.
 *
 * The fonts have Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic; other scripts print as empty squares, and
 * the paper says so. See print-order.ts for text from right to left.
 */
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import Pdf from 'pdfkit';
import type { Language } from '../../domain/languages.ts';
import { inPrintOrder } from './print-order.ts';
import { fill } from './words/speech.ts';

const font = (name: string): string => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`));
const REGULAR = font('DejaVuSans');
const BOLD = font('DejaVuSans-Bold');

const MARGIN = 58;
/** A heading with two lines. */
const KEPT_TOGETHER = 60;
const UNPRINTABLE =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Georgian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]|\p{Extended_Pictographic}/gu;
const SQUARE = '\u{25a1}';

interface PaperFacts {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  readonly language: Language;
  readonly date: Date;
  /** Added at the end when something could not be printed. */
  readonly squares: string;
  /** With places for `page` and `pages`. */
  readonly pageNumber: string;
}

export class Paper {
  private readonly document: PDFKit.PDFDocument;
  private readonly root: PDFKit.PDFStructureElement;
  private readonly facts: PaperFacts;
  private hasSquares = false;

  constructor(facts: PaperFacts) {
    const { title, author, subject, language, date } = facts;
    this.facts = facts;
    const options: PDFKit.PDFDocumentOptions = {
      size: 'A4',
      margin: MARGIN,
      pdfVersion: '1.7',
      tagged: true,
      displayTitle: true,
      lang: language,
      bufferPages: true,
      info: { Title: title, Author: author, Subject: subject, CreationDate: date, ModDate: date },
    };
    // Not in the library's types.
    this.document = new Pdf(Object.assign(options, { subset: 'PDF/UA' }));
    this.document.registerFont('regular', REGULAR).registerFont('bold', BOLD);
    this.root = this.document.struct('Document');
    this.document.addStructure(this.root);
  }

  /** Stays with what comes after it. */
  heading(text: string, level: 'H1' | 'H2'): void {
    if (this.document.y > this.document.page.height - MARGIN - KEPT_TOGETHER) this.document.addPage();
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
    if (this.hasSquares) this.paragraph(this.facts.squares);
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
        .text(fill(this.facts.pageNumber, place), MARGIN, this.document.page.height - 40, { lineBreak: false });
      this.document.endMarkedContent();
    }
  }
}

interface Look {
  readonly size?: number;
  readonly bold?: boolean;
  readonly indent?: number;
}
