import { describe, expect, it } from 'vitest';
import { PROBLEMS, problemOf, problemSchema } from '../../api/problems.ts';
import { InvalidInput, Unavailable } from '../../domain/errors.ts';

const requestId = '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10';

describe('a problem', () => {
  it('carries type, title, status, detail, instance, the fields and what was recorded', () => {
    const fields = [{ pointer: '/type', detail: 'No.' }];
    expect(problemOf(new InvalidInput('The body has a problem.', { fields, resourceId: 'r1' }), requestId)).toEqual({
      type: '/docs/problems#invalid-input',
      title: 'The input has problems',
      status: 422,
      detail: 'The body has a problem.',
      instance: `urn:uuid:${requestId}`,
      errors: fields,
      resourceId: 'r1',
    });
  });

  it('tells nothing of an error that is not ours', () => {
    const problem = problemOf(new Error('duplicate key: (email)=(maya@example.test)'), requestId);
    expect(problem.status).toBe(500);
    expect(JSON.stringify(problem)).not.toMatch(/maya|duplicate/);
  });

  it('follows its own schema', () => {
    for (const error of [new Unavailable('Away.', { retryAfterSeconds: 5 }), new Error('x'), 'no error at all']) {
      expect(problemSchema.safeParse(problemOf(error, requestId)).success).toBe(true);
    }
  });

  it('has a code of its own', () => {
    const codes = PROBLEMS.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
