/** The beginning that every page of a package has. */
import { html } from './html.ts';
import type { Html } from './html.ts';

interface Head {
  readonly language: string;
  /** Content-Security-Policy: what somebody's records could make the page do, it must forbid. */
  readonly policy: string;
  readonly title: string;
  readonly style: Html;
}

/** Up to the end of the head. No page tells others where it was opened, nor is listed by a search engine. */
export function pageHead({ language, policy, title, style }: Head): Html {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
${style}
</head>
`;
}
