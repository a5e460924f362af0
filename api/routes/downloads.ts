/** GET /d/{token}: hands out a package to whoever has the link. */
import { pipeline as pipe } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { z } from 'zod';
import { packageContext } from '../../domain/contexts.ts';
import { exportPartName } from '../../domain/export-manifest.ts';
import { beginDownload, endDownload, findOffer } from '../../platform/records/downloads.ts';
import type { Disclosure, Offer } from '../../platform/records/downloads.ts';
import { openStream } from '../../platform/sealed-stream.ts';
import { ObjectMissing } from '../../platform/storage/storage.ts';
import { encryptTo } from '../age.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Endpoint } from '../endpoint.ts';
import { withPages } from '../link-page.ts';
import { problemResponses } from '../operation.ts';

const address = z.object({ token: z.string() });

/** A look at the headers (HEAD) is no download and is not counted. */
const download: Endpoint = {
  method: 'get',
  path: '/d/{token}',
  operation: {
    operationId: 'downloadPackage',
    tags: ['packages'],
    summary: 'Download a package by its link',
    description:
      'The link is the capability: no key is needed. Encrypted in the age format when the request named a recipient.',
    security: [],
    requestParams: { path: address },
    responses: {
      '200': {
        description: 'The archive.',
        content: { 'application/zip': { schema: z.any() }, 'application/octet-stream': { schema: z.any() } },
      },
      ...problemResponses([404, 410, 429, 500, 503]),
    },
  },
  handler: (deps) =>
    withPages(async (request, response) => {
      const token = String(request.params['token']);
      const offer = await findOffer(deps.db, deps.ring, token);
      if (request.method === 'HEAD') {
        describe(response, offer);
        response.end();
        return;
      }
      // The storage is asked first: a download that cannot begin is not to be counted.
      const stream = await openObject(deps, offer, token);
      try {
        const disclosure = await beginDownload(deps.db, deps.ring, offer);
        describe(response, offer);
        await handOut(deps, disclosure, stream, response);
      } finally {
        stream.destroy();
      }
    }),
};

/** A package may end between the look at its row and this one; then the row says so by now. */
async function openObject(deps: ApiDependencies, { storageKey }: Offer, token: string): Promise<Readable> {
  try {
    return (await deps.storage.get(storageKey)).stream;
  } catch (error) {
    if (error instanceof ObjectMissing) await findOffer(deps.db, deps.ring, token);
    throw error;
  }
}

function describe(response: Response, offer: Offer): void {
  const { ageRecipient } = offer;
  const name = `${fileName(offer)}${ageRecipient === null ? '' : '.age'}`;
  response
    .type(ageRecipient === null ? 'application/zip' : 'application/octet-stream')
    .set({ 'Content-Disposition': `attachment; filename="${name}"`, 'Accept-Ranges': 'none' });
}

function fileName({ requestId, exportId, part }: Offer): string {
  return exportId === null || part === null ? `steward-package-${requestId}.zip` : exportPartName(exportId, part);
}

/** Goes at the reader's pace, and ends with whichever side ends first. */
async function handOut(
  deps: ApiDependencies,
  disclosure: Disclosure,
  sealed: Readable,
  response: Response,
): Promise<void> {
  const { offer, dataKey } = disclosure;
  let bytes = 0;
  let isWhole = false;
  try {
    const zip = pipe(sealed, openStream(dataKey, packageContext(offer.packageId)), () => undefined);
    const content = offer.ageRecipient === null ? zip : await encryptTo(offer.ageRecipient, zip);
    const count = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        yield chunk;
      }
    };
    await pipeline(content, count, response);
    isWhole = true;
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  } finally {
    await endDownload(deps.db, disclosure, bytes, isWhole);
  }
}

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

export const downloadEndpoints: readonly Endpoint[] = [download];
