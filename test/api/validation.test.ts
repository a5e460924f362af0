import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../domain/errors.ts';
import { inputProblem, parseBody, toPointer } from '../../api/validation.ts';

const choice = z.union([
  z.strictObject({ id: z.uuid() }),
  z.strictObject({ source: z.enum(['terms']), attestation: z.strictObject({ text: z.string() }) }),
]);
const schema = z.strictObject({
  name: z.string().max(5),
  choice: choice.optional(),
  list: z.array(z.int()).optional(),
});

async function fieldsOf(body: unknown) {
  const error = await parseBody(schema, body).catch((caught: unknown) => caught);
  if (!(error instanceof InvalidInput)) throw new Error('The body was taken.');
  return error.extras.fields ?? [];
}

const pointersOf = async (body: unknown) => (await fieldsOf(body)).map(({ pointer }) => pointer);

describe('a body that does not fit', () => {
  it('gives a pointer to each bad field, also in lists and to fields that do not exist', async () => {
    const pointers = await pointersOf({ name: 1, list: [1, 'x'], 'a/b~c': true });
    expect(pointers.toSorted()).toEqual(['/a~1b~0c', '/list/1', '/name']);
  });

  it('gives the empty pointer when it is no object at all', async () => {
    expect(await pointersOf(undefined)).toEqual(['']);
    expect(await pointersOf([])).toEqual(['']);
  });

  it('of a choice of shapes names the problems of the one that was meant', async () => {
    expect(await pointersOf({ name: 'x', choice: { id: 'no' } })).toEqual(['/choice/id']);
    expect(await pointersOf({ name: 'x', choice: { source: 'terms' } })).toEqual(['/choice/attestation']);
  });

  it('never repeats a value', async () => {
    const fields = await fieldsOf({ name: 'maya@example.test', choice: { id: 'maya@example.test' } });
    expect(JSON.stringify(fields)).not.toContain('maya');
  });
});

describe('a call of which several parts do not fit', () => {
  const call = z.object({ params: z.object({ id: z.uuid() }), query: z.object({ limit: z.int() }), body: schema });
  const problem = (sent: unknown) => inputProblem(call.safeParse(sent).error?.issues ?? []);

  it('names nothing that exists when its address does not', () => {
    expect(problem({ params: { id: 'x' }, query: {}, body: {} })).toBeInstanceOf(NotFound);
  });

  it('has its query named before its body', () => {
    const params = { id: '7f4df4ef-9d2c-4a71-b7b2-6a3f0f6f8a10' };
    expect(problem({ params, query: {}, body: {} }).message).toContain('limit:');
    expect(problem({ params, query: { limit: 1 }, body: {} }).extras.fields?.[0]?.pointer).toBe('/name');
  });
});

describe('a JSON pointer', () => {
  it('escapes tilde and slash as RFC 6901 says', () => {
    expect(toPointer(['a/b', 0, 'm~n'])).toBe('/a~1b/0/m~0n');
    expect(toPointer([])).toBe('');
  });
});
