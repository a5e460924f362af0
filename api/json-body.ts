/** Reads a JSON body, after the caller is known, and no further than its limit. */
import express from 'express';
import type { Request, Response } from 'express';
import { UnsupportedMediaType } from '../domain/errors.ts';

export type BodyReader = (request: Request, response: Response) => Promise<unknown>;

/**
 * `limit` in bytes, after decompression. Answers undefined when there is no body. Throws UnsupportedMediaType; rejects
 * with the parser's own errors for what is too large or no JSON.
 */
export function jsonBodyReader(limit: number): BodyReader {
  const parse = express.json({ limit, strict: false, type: 'application/json' });
  return async (request, response) => {
    if (isEmpty(request)) return undefined;
    if (!request.is('application/json')) throw new UnsupportedMediaType('The body must be sent as application/json.');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)));
    await promise;
    return request.body as unknown;
  };
}

function isEmpty({ headers }: Request): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
}
