/** An endpoint whose body is a file, streamed: the same checks of the caller as everywhere, and none of the body's JSON. */
import type { Request } from 'express';
import { z } from 'zod';
import { ATTACHMENT_TYPES, attachmentType, isFileName } from '../domain/attachments.ts';
import { BodyTooLarge, InvalidInput, UnsupportedFile } from '../domain/errors.ts';
import type { Caller } from '../platform/records/caller.ts';
import type { Upload } from '../platform/records/attaching.ts';
import { requireWorkspace } from './authenticate.ts';
import { CheckedUpload } from './checked-upload.ts';
import type { ApiDependencies } from './dependencies.ts';
import { admit, checkInput } from './endpoint.ts';
import type { Endpoint, EndpointDescription, Input, InputShape } from './endpoint.ts';
import { FILE_NAME_HEADER } from './headers.ts';
import { repeatOf } from './idempotency.ts';
import { describeOperation } from './operation.ts';

interface UploadCall {
  readonly deps: ApiDependencies;
  readonly caller: Caller;
  readonly file: Upload;
}

/** `run` opens the file when it is ready to read it to its end. */
export function uploadEndpoint<S extends InputShape, R extends z.ZodType>(
  description: EndpointDescription<S, R>,
  run: (call: UploadCall & Input<S>) => Promise<z.input<R>>,
): Endpoint {
  const { method, path, success } = description;
  return {
    method,
    path,
    operation: describeUpload(description),
    handler: (deps) => async (request, response) => {
      const { principal, workspaceId, sent } = await admit(deps, description, request, response);
      const caller = { principal, workspaceId: requireWorkspace(workspaceId) };
      const input = await checkInput(description.input, sent);
      const file = openFile(deps, request, caller, { operation: description.operationId, params: sent.params });
      response.status(success.status).json(await run({ ...input, deps, caller, file }));
    },
  };
}

function openFile(
  { config, ring }: ApiDependencies,
  request: Request,
  caller: Caller,
  sent: { readonly operation: string; readonly params: unknown },
): Upload {
  const { maxBytes } = config.attachments;
  const mediaType = attachmentType(request.get('Content-Type') ?? '');
  if (mediaType === undefined) throw new UnsupportedFile(`Taken are: ${ATTACHMENT_TYPES.join(', ')}.`);
  const name = fileNameOf(request);
  if (Number(request.get('Content-Length') ?? 0) > maxBytes)
    throw new BodyTooLarge(`A file may have ${maxBytes} bytes.`);
  return {
    name,
    mediaType,
    open: () => openContent(request, new CheckedUpload(mediaType, maxBytes)),
    repeatOf: ({ sha256 }) => repeatOf(request, ring, caller, { ...sent, body: { name, mediaType, sha256 } }),
  };
}

/** The request itself stays whole when its content is refused, for it still has to be answered. */
function openContent(request: Request, content: CheckedUpload): CheckedUpload {
  request.once('close', () => {
    if (!request.complete) content.destroy(new InvalidInput('The file was broken off.'));
  });
  content.on('error', () => request.unpipe(content));
  return request.pipe(content);
}

function fileNameOf(request: Request): string {
  const name = decode(request.get(FILE_NAME_HEADER) ?? '');
  if (name !== undefined && isFileName(name)) return name;
  throw new InvalidInput(
    `The header ${FILE_NAME_HEADER} must be the file's name, percent-encoded: at most 200 characters, no path, no control characters.`,
  );
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function describeUpload(description: EndpointDescription): Endpoint['operation'] {
  const operation = describeOperation({ ...description, problems: [400, 413, 415, ...(description.problems ?? [])] });
  const header = z.object({
    [FILE_NAME_HEADER]: z.string().meta({ description: "The file's name, percent-encoded (RFC 3986)." }),
  });
  const { requestParams } = operation;
  const present = requestParams?.header;
  return {
    ...operation,
    requestParams: {
      ...requestParams,
      header: present instanceof z.ZodObject ? present.extend(header.shape) : header,
    },
    requestBody: {
      required: true,
      content: Object.fromEntries(ATTACHMENT_TYPES.map((type) => [type, { schema: z.any() }])),
    },
  };
}
