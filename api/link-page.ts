/** A link is opened by people, in a browser: what is wrong with it is told on a page there, and as a problem elsewhere. */
import type { Request, RequestHandler, Response } from 'express';
import { StewardError } from '../domain/errors.ts';
import { escapeHtml } from '../domain/html.ts';
import { page } from './pages.ts';
import { PROBLEM_MEDIA_TYPE } from './problems.ts';

const ADVICE =
  'Ask whoever sent you the link for a new one. A package is kept for a limited time; when that is over, it takes a new request.';

/** Answers 404 and 410 of an endpoint with a page when the caller would rather have one. */
export function withPages(handler: (request: Request, response: Response) => Promise<void>): RequestHandler {
  return async (request, response) => {
    try {
      await handler(request, response);
    } catch (error) {
      if (!isOfTheLink(error) || response.headersSent || !wantsPage(request)) throw error;
      const body = `<p>${escapeHtml(error.message)}</p><p>${ADVICE}</p>`;
      response.status(error.status).type('html').send(page(error.definition.title, body));
    }
  };
}

function isOfTheLink(error: unknown): error is StewardError {
  return error instanceof StewardError && (error.status === 404 || error.status === 410);
}

function wantsPage(request: Request): boolean {
  return request.accepts([PROBLEM_MEDIA_TYPE, 'html']) === 'html';
}
