/** Reads the files of a data map. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { refuse } from './findings.ts';
import type { DataMap } from './model.ts';
import { parseDataMap } from './parse.ts';
import { InvalidConfiguration } from '../domain/errors.ts';

/** To be searched with. Throws InvalidDataMap, also when the map has gaps, or InvalidConfiguration, naming the file. */
export async function loadDataMap(files: readonly string[]): Promise<DataMap> {
  const map = await readDataMap(files);
  refuse(map.gaps);
  return map;
}

/** To be looked at, gaps and all. Throws InvalidDataMap or InvalidConfiguration, naming the file. */
export async function readDataMap(files: readonly string[]): Promise<DataMap> {
  return parseDataMap(await Promise.all(files.map(readMapFile)));
}

async function readMapFile(name: string): Promise<{ name: string; text: string }> {
  try {
    return { name, text: await readFile(name, 'utf8') };
  } catch {
    throw new InvalidConfiguration(`The data map file ${resolve(name)} (setting dataMap) cannot be read.`);
  }
}
