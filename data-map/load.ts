/** Reads the configured data map files. Throws InvalidDataMap or InvalidConfiguration, naming the file. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { DataMap } from './model.ts';
import { parseDataMap } from './parse.ts';
import { InvalidConfiguration } from '../domain/errors.ts';

export async function loadDataMap(files: readonly string[]): Promise<DataMap> {
  return parseDataMap(await Promise.all(files.map(readMapFile)));
}

async function readMapFile(name: string): Promise<{ name: string; text: string }> {
  try {
    return { name, text: await readFile(name, 'utf8') };
  } catch {
    throw new InvalidConfiguration(`The data map file ${resolve(name)} (setting dataMap) cannot be read.`);
  }
}
