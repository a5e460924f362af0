/**
 * Places at which a test lets the worker die. They do nothing unless STEWARD_FAIL_POINTS names one, which is refused outside
 * of tests: `erase.batch.before_commit` dies there the first time, `erase.batch.before_commit@3` the third.
 * With `=throw` at the end an error is thrown instead, for tests within one process. `file:<path>` names a file that names
 * one, which is removed as it is reached, so that the worker which comes after passes.
 */
import { readFileSync, rmSync } from 'node:fs';

export type FailPoint =
  | 'freeze.before_commit'
  | 'freeze.after_commit'
  | 'erase.batch.before_write'
  | 'erase.batch.before_commit'
  | 'erase.batch.after_commit'
  | 'media.before_delete'
  | 'media.after_delete'
  | 'journal.before_write'
  | 'journal.after_write'
  | 'end.before_clear'
  /** Of any activity; `after` when it has done its work and nobody knows yet. */
  | `${'before' | 'after'}.${string}`;

const FILE = 'file:';

const reached = new Map<string, number>();

export function failPoint(name: FailPoint): void {
  const named = process.env['STEWARD_FAIL_POINTS'];
  if (named === undefined || named === '') return;
  if (process.env['NODE_ENV'] !== 'test') throw new TypeError('STEWARD_FAIL_POINTS is for tests alone.');
  const file = named.startsWith(FILE) ? named.slice(FILE.length) : undefined;
  for (const each of file === undefined ? named.split(',') : namedIn(file)) {
    const [place = '', how] = each.split('=');
    const [point, nth = '1'] = place.split('@');
    if (point !== name) continue;
    const times = (reached.get(each) ?? 0) + 1;
    reached.set(each, times);
    if (times !== Number(nth)) continue;
    if (file !== undefined) rmSync(file);
    die(name, how);
  }
}

function namedIn(file: string): readonly string[] {
  try {
    return [readFileSync(file, 'utf8').trim()];
  } catch {
    return [];
  }
}

/** To be called between tests, since the places are counted. */
export const forgetFailPoints = (): void => reached.clear();

function die(name: FailPoint, how: string | undefined): void {
  if (how === 'throw') throw new Error(`The fail-point ${name} was reached.`);
  process.kill(process.pid, 'SIGKILL');
}
