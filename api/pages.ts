/** The few pages that Steward shows in a browser by itself: plain HTML without scripts. */
import { escapeHtml } from '../domain/html.ts';

import { createHash } from 'node:crypto';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c2430}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code{background:#eef1f5;padding:.1em .3em;border-radius:3px}
button{font:inherit;padding:.5em 1.2em;border:0;border-radius:4px;background:#1d5fa8;color:#fff;cursor:pointer}`;

/** For the content security policy, which allows no other style. */
export const PAGE_STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** `body` is HTML: what comes from elsewhere goes through `escapeHtml`. */
export function page(title: string, body: string): string {
  const name = escapeHtml(title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${name}</title>
<style>${STYLE}</style></head><body><h1>${name}</h1>
${body}
</body></html>
`;
}
