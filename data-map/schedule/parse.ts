/** Reads a retention schedule and holds it against the data map, or says everything that is wrong with it. */
import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { InvalidSchedule } from '../../domain/errors.ts';
import type { DataMap } from '../model.ts';
import { checkSchedule } from './check.ts';
import { scheduleFile } from './format.ts';
import type { ScheduleFile } from './format.ts';

export interface ScheduleText {
  /** For problems: the file, or what it was activated as. */
  readonly name: string;
  readonly text: string;
}

export interface RetentionSchedule extends ScheduleFile {
  /** SHA-256, in hex, over what the file says; comments do not count. */
  readonly version: string;
}

/** One that was activated: each of its rules has the version under which decisions name it. */
export interface ScheduleInForce extends RetentionSchedule {
  readonly ruleVersions: ReadonlyMap<string, number>;
}

/** Throws InvalidSchedule with every problem found, each naming the rule and what to do. */
export function parseSchedule(file: ScheduleText, map: DataMap): RetentionSchedule {
  const schedule = readSchedule(file);
  const problems = checkSchedule(schedule, map);
  if (problems.length > 0) throw invalid(file.name, problems);
  return { ...schedule, version: createHash('sha256').update(JSON.stringify(schedule)).digest('hex') };
}

/** What it says, whatever the map has. Throws InvalidSchedule when it is not written as a schedule. */
export function readSchedule({ name, text }: ScheduleText): ScheduleFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(
      name,
      document.errors.map(({ message, pos }) => `line ${lineCounter.linePos(pos[0]).line} is not YAML: ${message}`),
    );
  }
  const raw: unknown = document.toJS();
  const result = scheduleFile.safeParse(raw);
  if (result.success) return result.data.schedule;
  throw invalid(
    name,
    result.error.issues.map(({ path, message }) => `${placeOf(raw, path)}: ${message}`),
  );
}

/** `schedule.rules.invoices-tax.keep.length`: a rule by its id, for nobody counts rules. */
function placeOf(raw: unknown, path: readonly PropertyKey[]): string {
  let node = raw;
  const steps = path.map((step) => {
    node = typeof node === 'object' && node !== null ? Reflect.get(node, step) : undefined;
    const id =
      typeof node === 'object' && node !== null && typeof step === 'number' ? Reflect.get(node, 'id') : undefined;
    return typeof id === 'string' ? id : String(step);
  });
  return steps.join('.') || 'the file';
}

function invalid(file: string, problems: readonly string[]): Error {
  return new InvalidSchedule(`${file} has problems:\n${problems.map((line) => `  ${line}`).join('\n')}`);
}
