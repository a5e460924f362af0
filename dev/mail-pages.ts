/** The caught mail to read: pages without scripts for people, JSON for tests. A message's own HTML is never rendered. */
import express from 'express';
import type { Express, Response } from 'express';
import { page } from '../api/pages.ts';
import { escapeHtml } from '../domain/html.ts';
import { securityHeaders } from '../api/security-headers.ts';
import { listMail, readMail } from './caught-mail.ts';
import type { CaughtMail, MailSummary } from './caught-mail.ts';

export function mailPages(folder: string): Express {
  const app = express().disable('x-powered-by').use(securityHeaders());
  app.get('/', async (_request, response) => response.send(listPage(await listMail(folder))));
  app.get('/message/:id', async ({ params }, response) => {
    const mail = await readMail(folder, params.id);
    if (mail) response.send(mailPage(mail));
    else notFound(response);
  });
  app.get('/messages', async (_request, response) => response.json(await listMail(folder)));
  app.get('/messages/:id', async ({ params }, response) => {
    const mail = await readMail(folder, params.id);
    if (mail) response.json(mail);
    else notFound(response);
  });
  return app;
}

function notFound(response: Response): void {
  response.status(404).send(page('There is no such message', '<p><a href="/">All caught mail</a></p>'));
}

function listPage(messages: readonly MailSummary[]): string {
  const items = messages.map(
    ({ id, at, from, to, subject }) =>
      `<p><a href="/message/${id}">${escapeHtml(subject || 'Without a subject')}</a><br>
${escapeHtml(`${from} to ${to}, ${at}`)}</p>`,
  );
  return page('Caught mail', items.join('\n') || '<p>Nothing was caught yet.</p>');
}

function mailPage({ at, from, to, subject, text, html, headers, attachments }: CaughtMail): string {
  const files = attachments.map(({ name, type, bytes }) => `${name} (${type}, ${bytes} bytes)`).join('\n');
  return page(
    subject || 'Without a subject',
    `<p><a href="/">All caught mail</a></p>
<p>From ${escapeHtml(from)}<br>To ${escapeHtml(to)}<br>Caught ${escapeHtml(at)}</p>
${block('Text', withLinks(text))}
${block('Attachments', escapeHtml(files))}
${block('HTML, as it was sent', escapeHtml(html ?? ''))}
${block('Headers', escapeHtml(headers.map(({ name, value }) => `${name}: ${value}`).join('\n')))}`,
  );
}

function block(title: string, content: string): string {
  return content === '' ? '' : `<h2>${title}</h2>\n<pre>${content}</pre>`;
}

/** Addresses in a text can be followed; they come out of the split at odd places. */
function withLinks(text: string): string {
  const parts = text.split(/(https?:\/\/[^\s<>"']+)/);
  return parts
    .map((part, index) => {
      const shown = escapeHtml(part);
      return index % 2 === 1 ? `<a href="${shown}" rel="noreferrer">${shown}</a>` : shown;
    })
    .join('');
}
