/** Errors as problem details (RFC 9457). The type is stable, and its address on this server explains it. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { z } from 'zod';
import * as errors from '../domain/errors.ts';
import { StewardError } from '../domain/errors.ts';
import type { ProblemDefinition } from '../domain/errors.ts';

const MethodNotAllowed: ProblemDefinition = {
  code: 'method-not-allowed',
  status: 405,
  title: 'The resource does not know this method',
};
const InternalError: ProblemDefinition = {
  code: 'internal-error',
  status: 500,
  title: 'Something went wrong on our side',
};

/** Every problem that a caller can meet, for the page that explains them. */
export const PROBLEMS: readonly ProblemDefinition[] = [
  ...[
    errors.MalformedBody,
    errors.Unauthenticated,
    errors.MissingScope,
    errors.WrongParty,
    errors.SecondPersonNeeded,
    errors.NotFound,
    errors.Conflict,
    errors.IdempotencyConflict,
    errors.LinkGone,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.UnsupportedFile,
    errors.InvalidInput,
    errors.TooManyRequests,
    errors.SealBroken,
    errors.PackageBroken,
    errors.Unavailable,
  ].map((Kind) => new Kind('').definition),
  MethodNotAllowed,
  InternalError,
];

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Stable; an address on this server that explains the problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'This one answer, as `urn:uuid:…`; the log has it under the same id.' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into the body that was sent.' }),
          detail: z.string(),
        }),
      )
      .optional(),
    resourceId: z.string().optional().meta({ description: 'What was recorded although the answer is an error.' }),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;

const problemType = (code: string): string => `/docs/problems#${code}`;

/** The problem that an error is to the outside; what is not one of ours tells nothing of itself. */
export function problemOf(error: unknown, requestId: string): Problem {
  const known = asStewardError(error);
  const { code, status, title } = known.definition;
  const { fields, resourceId } = known.extras;
  return {
    type: problemType(code),
    title,
    status,
    detail: known.message,
    instance: `urn:uuid:${requestId}`,
    ...(fields ? { errors: [...fields] } : {}),
    ...(resourceId === undefined ? {} : { resourceId }),
  };
}

/** Answers an error that reached the end of the chain. A server's fault is left to the request's log line. */
export const sendProblem: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const known = asStewardError(error);
  if (known.status >= 500)
    response.err = error instanceof Error ? error : new Error('Something else than an error was thrown.');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  setProblemHeaders(response, known);
  const problem = problemOf(known, response.get('X-Request-Id') ?? '');
  response.status(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
};

function setProblemHeaders(response: Response, { status, extras }: StewardError): void {
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="steward"');
  if (status === 503 || status === 429) response.set('Retry-After', String(extras.retryAfterSeconds ?? 5));
}

export const unknownRoute: RequestHandler = () => {
  throw new errors.NotFound('There is nothing at this address.');
};

/** For an address that exists, under other methods. */
export function methodNotAllowed(allowed: readonly string[]): RequestHandler {
  return (_request, response) => {
    response.set('Allow', allowed.join(', '));
    throw new StewardError(MethodNotAllowed, `Allowed here: ${allowed.join(', ')}.`);
  };
}

function asStewardError(error: unknown): StewardError {
  if (error instanceof StewardError) return error;
  return (
    fromExpress(error) ?? new StewardError(InternalError, 'The log of this server has the cause under this instance.')
  );
}

/** Express and its body parser throw errors with a status, and the parser with a type; their texts can quote the body. */
function fromExpress(error: unknown): StewardError | undefined {
  if (!(error instanceof Error)) return undefined;
  const status = 'status' in error ? error.status : undefined;
  if (status === 413) return new errors.BodyTooLarge('The body is larger than this address accepts.');
  if (status === 415) return new errors.UnsupportedMediaType('The body must be JSON in UTF-8.');
  if (status !== 400) return undefined;
  if ('type' in error) return new errors.MalformedBody('The body cannot be read as JSON.');
  return new errors.NotFound('There is nothing at this address.');
}
