import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../domain/errors.ts';
import { createLogger, describeError } from '../../../platform/telemetry/logger.ts';

const SECRET = 'maya@example.test';

describe('a logged error', () => {
  it('of ours keeps its words', () => {
    expect(describeError(new Unavailable('The database is not reachable.'))).toMatchObject({
      type: 'unavailable',
      message: 'The database is not reachable.',
    });
  });

  it('of another maker is told by name, code and place, for its words can quote data', () => {
    const error = Object.assign(new TypeError(`Received\n${SECRET}\n  at ${SECRET}`, { cause: new Error(SECRET) }), {
      code: 'ERR_X',
    });
    const described = describeError(error);
    expect(described).toMatchObject({ type: 'TypeError', code: 'ERR_X', cause: { type: 'Error' } });
    expect(described.frames.length).toBeGreaterThan(0);
    expect(JSON.stringify(described)).not.toContain(SECRET);
  });

  it('may be no error at all', () => {
    expect(describeError(SECRET)).toEqual({ type: 'string', frames: [] });
  });
});

describe('a log line', () => {
  it('is one JSON object with level, time and process', () => {
    const lines: string[] = [];
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(chunk.toString('utf8'));
        done();
      },
    });
    createLogger('worker', 'info', destination).warn({ err: new Error(SECRET) }, 'put off');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines.join(''))).toMatchObject({
      level: 'warn',
      process: 'worker',
      message: 'put off',
      err: { type: 'Error' },
    });
    expect(lines.join('')).not.toContain(SECRET);
  });
});
