/** How a time grows with the database around the same person: each larger one against the smallest. */
import { resultOf } from './result.ts';
import type { Pair, Result } from './result.ts';
import type { SizedSource } from './sized-sources.ts';

const MOST_GROWTH = 1.3;

/** Each round has a time for each database, in their order. `what` names the case; `note` says what is timed. */
export function growthResults(
  [smallest, ...larger]: readonly SizedSource[],
  rounds: readonly (readonly number[])[],
  { what, note }: { readonly what: string; readonly note: string },
): readonly Result[] {
  if (!smallest) throw new TypeError('The suite has sizes.');
  return larger.map((database, index) => {
    const pairs = rounds.map((times): Pair => {
      return { ours: times[index + 1] ?? Number.NaN, reference: times[0] ?? Number.NaN };
    });
    const name = `${what} among ${millions(database)} and ${millions(smallest)} million rows`;
    return resultOf({ name, unit: 'ms', target: { bound: 'at most', ratio: MOST_GROWTH }, note }, pairs);
  });
}

const millions = ({ rows }: SizedSource): string => (rows / 1e6).toPrecision(2);
