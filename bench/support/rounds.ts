/** Rounds in which contenders take turns, so that a machine that slows down slows all of them down. */
import type { Pair } from './result.ts';

export const ROUNDS = 5;

/** What each contender answered in one round. */
export type Round<Answers> = Readonly<Answers>;

type Contenders<Answers> = { readonly [Name in keyof Answers]: () => Promise<Answers[Name]> };

/** Who goes first changes from round to round, for the next may find what the one before left in a cache. */
export async function inTurns<Answers extends object>(
  contenders: Contenders<Answers>,
  rounds: number = ROUNDS,
): Promise<readonly Round<Answers>[]> {
  const names = Object.keys(contenders) as (keyof Answers)[];
  const taken: Round<Answers>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % names.length;
    const answers: Partial<Answers> = {};
    for (const name of [...names.slice(first), ...names.slice(0, first)]) answers[name] = await contenders[name]();
    taken.push(answers as Answers);
  }
  return taken;
}

/** One number of each contender's answer. */
export function pairsOf<T>(
  rounds: readonly Round<{ ours: T; reference: T }>[],
  number: (answer: T) => number,
): readonly Pair[] {
  return rounds.map(({ ours, reference }) => ({ ours: number(ours), reference: number(reference) }));
}
