/** Pages to read the API by: its description in Swagger UI, served from here alone, and what each problem means. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RequestHandler } from 'express';
import type { Endpoint } from './endpoint.ts';
import { escapeHtml } from '../domain/html.ts';
import { page } from './pages.ts';
import { PROBLEMS } from './problems.ts';
import { viewerPolicy } from './security-headers.ts';

const VIEWER_FOLDER = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

const VIEWER_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Steward API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="viewer"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
`;
const VIEWER_START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#viewer', deepLinking: true, validatorUrl: null });\n`;

const PROBLEMS_PAGE = page(
  'Problems that this API answers with',
  PROBLEMS.map(
    ({ code, status, title }) =>
      `<h2 id="${code}">${escapeHtml(title)}</h2><p>Status ${status}, <code>${code}</code>.</p>`,
  ).join('\n'),
);

/** Files of a released version never change while a process runs. */
const sendFile =
  (name: string): RequestHandler =>
  (_request, response, next) =>
    response
      .set('Cache-Control', 'public, max-age=3600')
      .sendFile(join(VIEWER_FOLDER, name), { cacheControl: false }, (error?: unknown) => {
        if (error) next(error);
      });

const send =
  (type: string, body: string): RequestHandler =>
  (_request, response) => {
    response.type(type).send(body);
  };

function unlisted(path: string, handler: () => RequestHandler): Endpoint {
  return { method: 'get', path, operation: undefined, handler };
}

export const docsEndpoints: readonly Endpoint[] = [
  unlisted('/docs', () => {
    const restrict = viewerPolicy();
    return (request, response) => restrict(request, response, () => response.type('html').send(VIEWER_PAGE));
  }),
  unlisted('/docs/start.js', () => send('js', VIEWER_START)),
  unlisted('/docs/swagger-ui.css', () => sendFile('swagger-ui.css')),
  unlisted('/docs/swagger-ui-bundle.js', () => sendFile('swagger-ui-bundle.js')),
  unlisted('/docs/problems', () => send('html', PROBLEMS_PAGE)),
];
