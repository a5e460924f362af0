/**
 * One log line and one measurement for each answer. Both name the template of the address and never the address itself,
 * which can hold a token; nothing of headers, query or body is written.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import { Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { describeError } from '../platform/telemetry/logger.ts';
import type { Logger } from '../platform/telemetry/logger.ts';
import { factsOf } from './answer-facts.ts';

/** Gives each answer its id, which is also in the log, in `X-Request-Id` and in the `instance` of a problem. */
export function logAnswers(logger: Logger): RequestHandler {
  const handle = pinoHttp({
    logger,
    genReqId: (_request, response) => {
      const id = randomUUID();
      response.setHeader('X-Request-Id', id);
      return id;
    },
    wrapSerializers: false,
    serializers: { req: () => undefined, res: () => undefined, err: describeError },
    customSuccessObject: (request, response, { responseTime }: Timed) =>
      describeAnswer(request, response, responseTime),
    customErrorObject: (request, response, err, { responseTime }: Timed) => ({
      ...describeAnswer(request, response, responseTime),
      err,
    }),
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    customSuccessMessage: (_request, response) => (response.writableEnded ? 'answered' : 'broken off'),
    customErrorMessage: () => 'failed',
  });
  return (request, response, next) => handle(request, response, next);
}

interface Timed {
  readonly responseTime: number;
}

function describeAnswer({ id, method }: IncomingMessage, response: ServerResponse, ms: number): object {
  return { requestId: id, method, status: response.statusCode, ...factsOf(response), ms };
}

/** Durations by method, template of the address and status. */
export function measureAnswers(registry: Registry): RequestHandler {
  const durations = new Histogram({
    name: 'steward_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (request, response, next) => {
    const end = durations.startTimer();
    response.once('close', () => {
      end({ method: request.method, route: factsOf(response).route ?? 'none', status: response.statusCode });
    });
    next();
  };
}
