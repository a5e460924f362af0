/**
 * Places at which a test lets the process die as by `kill -9`. Outside of tests STEWARD_FAIL_POINTS is not set, and a place
 * costs one comparison.
 */
import { readFileSync, rmSync } from 'node:fs';

/** A file with the name of the place at which to die next; without the file nothing dies. */
const ARMED = process.env['STEWARD_FAIL_POINTS'];

/** Dies when this place is the one that is armed, once: the next process passes it. */
export function failPoint(place: string): void {
  if (ARMED === undefined || armedPlace(ARMED) !== place) return;
  rmSync(ARMED);
  process.kill(process.pid, 'SIGKILL');
}

function armedPlace(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
