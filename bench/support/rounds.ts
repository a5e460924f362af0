/** Rounds in which ours and the reference take turns, so that a machine that slows down slows both down. */
import type { Pair } from './result.ts';

export const ROUNDS = 5;

export interface Contenders<T> {
  readonly ours: () => Promise<T>;
  readonly reference: () => Promise<T>;
}

/** What each contender answered in one round. */
export interface Round<T> {
  readonly ours: T;
  readonly reference: T;
}

/** Who goes first changes from round to round, for the second may find what the first left in a cache. */
export async function inTurns<T>(
  { ours, reference }: Contenders<T>,
  rounds: number = ROUNDS,
): Promise<readonly Round<T>[]> {
  const taken: Round<T>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await ours();
      taken.push({ ours: first, reference: await reference() });
    } else {
      const first = await reference();
      taken.push({ ours: await ours(), reference: first });
    }
  }
  return taken;
}

/** One number of each contender's answer. */
export function pairsOf<T>(rounds: readonly Round<T>[], number: (answer: T) => number): readonly Pair[] {
  return rounds.map(({ ours, reference }) => ({ ours: number(ours), reference: number(reference) }));
}
