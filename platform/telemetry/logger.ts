/**
 * Logs: one JSON object a line. They are read by more people than may see personal data, and kept longer, so an error is
 * logged by its name, its code and where it was thrown; its message only when it is one of ours, which never quote data.
 */
import { pino } from 'pino';
import type { DestinationStream, Level, Logger } from 'pino';
import { StewardError } from '../../domain/errors.ts';
import { DatabaseFailure } from '../database.ts';

export type { Logger } from 'pino';

export interface LoggedError {
  readonly type: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly frames: readonly string[];
  readonly cause?: LoggedError;
}

/** `process` names who writes: `api`, `worker`. Without a destination lines go to standard output. */
export function createLogger(process: string, level: Level | 'silent', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { process },
    messageKey: 'message',
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** What may be written of an error. */
export function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, frames: [] };
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(hasOwnWords(error) ? { message: error.message } : {}),
    frames: stackFrames(error),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function hasOwnWords(error: Error): boolean {
  return error instanceof StewardError || error instanceof DatabaseFailure;
}

/** The lines of the stack that name code; its head repeats the message, over several lines if that has several. */
function stackFrames(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 12);
}
