/** Programs that a start had to make for itself, kept for the next: STEWARD_CACHE, or `.cache` of the project. */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PROJECT } from './home.ts';

/** Where a program is kept; its version belongs into the name. */
export function cachedProgram(name: string, environment: NodeJS.ProcessEnv): string {
  return join(resolve(environment['STEWARD_CACHE'] || join(PROJECT, '.cache')), name);
}

/**
 * Made under a name of its own and checked before it is put in its place, so that two makers cannot meet in one file.
 * Answers the place.
 */
export async function keepProgram(
  place: string,
  make: (draft: string) => Promise<void>,
  check: (draft: string) => Promise<void>,
): Promise<string> {
  await mkdir(dirname(place), { recursive: true });
  const draft = `${place}.${randomBytes(6).toString('hex')}.new`;
  try {
    await make(draft);
    await check(draft);
    await rename(draft, place);
    return place;
  } finally {
    await rm(draft, { force: true });
  }
}
