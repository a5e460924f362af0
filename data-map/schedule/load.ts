/** Reads the file of a retention schedule. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidConfiguration } from '../../domain/errors.ts';
import type { ScheduleText } from './parse.ts';

/** Throws InvalidConfiguration, naming the file. */
export async function readScheduleFile(name: string): Promise<ScheduleText> {
  try {
    return { name, text: await readFile(name, 'utf8') };
  } catch {
    throw new InvalidConfiguration(`The retention schedule ${resolve(name)} cannot be read.`);
  }
}
