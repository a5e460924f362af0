/** What zod found wrong with an input, as field problems. They name fields and rules, and never repeat a value. */
import type { z } from 'zod';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import type { FieldProblem, StewardError } from '../domain/errors.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Checks a body. Throws InvalidInput with a pointer to each bad field. */
export async function parseBody<S extends z.ZodType>(schema: S, body: unknown): Promise<z.output<S>> {
  const result = await schema.safeParseAsync(body);
  if (result.success) return result.data;
  throw bodyProblem(fieldProblems(result.error.issues));
}

/** The problem of a call whose `params`, `query` and `body` were checked as one: the first part of them that is wrong. */
export function inputProblem(issues: readonly Issue[]): StewardError {
  const problemsIn = (part: string) => fieldProblems(issues.filter(({ path }) => path[0] === part).map(withoutPart));
  if (problemsIn('params').length > 0) return new NotFound('There is nothing at this address.');
  const inQuery = problemsIn('query').map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`);
  if (inQuery.length > 0) return new InvalidInput(`The query has problems. ${inQuery.join(' ')}`);
  return bodyProblem(problemsIn('body'));
}

function withoutPart(issue: Issue): Issue {
  return { ...issue, path: issue.path.slice(1) };
}

function bodyProblem(fields: readonly FieldProblem[]): StewardError {
  return new InvalidInput(`The body has ${fields.length === 1 ? 'a problem' : `${fields.length} problems`}.`, {
    fields,
  });
}

function fieldProblems(issues: readonly Issue[], base: Path = []): FieldProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [...base, ...issue.path]));
}

function problemsOf(issue: Issue, path: Path): FieldProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: toPointer([...path, key]), detail: 'There is no such field.' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return fieldProblems(likeliestBranch(issue.errors), path);
  return [{ pointer: toPointer(path), detail: sentence(issue) }];
}

/** Of a choice of shapes, the one that was probably meant: fewest fields that it does not know, then fewest problems. */
function likeliestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const unknownFields = (issues: readonly Issue[]) =>
    issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
  const [likeliest = []] = branches.toSorted((a, b) => unknownFields(a) - unknownFields(b) || a.length - b.length);
  return likeliest;
}

/** JSON pointer, RFC 6901; the empty one means the whole body. */
export function toPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function sentence(issue: Issue): string {
  const text = issue.message.endsWith('.') ? issue.message : `${issue.message}.`;
  return text.replace(/^Invalid input: expected (.*), received undefined\.$/, 'This field is needed: $1.');
}
