/** HTML by template: what is put in is text and is escaped, unless it is HTML made here. */
import { escapeHtml } from '../../domain/html.ts';

export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | undefined | readonly Part[];

/** `html\`<p>${text}</p>\``: text and numbers are escaped, for element content and quoted attributes alike. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = literals[0] ?? '';
  parts.forEach((part, index) => {
    markup += toMarkup(part) + (literals[index + 1] ?? '');
  });
  return new Html(markup);
}

function toMarkup(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.markup;
  if (typeof part === 'object') return part.map(toMarkup).join('');
  return escapeHtml(String(part));
}

/** A relative address of a file in the archive, each segment percent-encoded. */
export function hrefOf(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment))
    .join('/');
}
