/** Pauses between attempts that somebody must not wait for: they grow, and go on for ever. */
const FIRST_SECONDS = 1;
const LONGEST_SECONDS = 300;

/** Before the attempt of this ordinal, from 2 on; in milliseconds. */
export function pauseBefore(attempt: number): number {
  return Math.min(FIRST_SECONDS * 2 ** (attempt - 2), LONGEST_SECONDS) * 1000;
}
