/**
 * Decisions that differ in nothing that an audience may know are one decision to it. Were they shown apart, their number would
 * tell how many grounds are kept from it: each hold in confidence makes a decision of its own (design rule 11).
 */
import type { Decision, WeighedGround } from './decide.ts';
import { groundsFor } from './rendering.ts';
import type { ShownGround } from './rendering.ts';
import type { Audience } from './words.ts';

/** A decision on records of a collection that have the same grounds. */
export interface DecidedRecords extends Pick<Decision, 'decision' | 'keeps'> {
  readonly recordClass: string;
  readonly source: string;
  readonly collection: string;
  readonly grounds: readonly WeighedGround[];
}

/**
 * The same for what looks alike. Until when a ground lasts is left out, as far as it has an end: of records that have the same
 * grounds it is the last of their ends, and a hidden ground must not part them by it.
 */
export function lookOf(audience: Audience, { grounds, ...of }: DecidedRecords): string {
  const shown = groundsFor(audience, grounds);
  const bare = shown.grounds.map(({ until, ...ground }) => ({ ...ground, isOpen: until === 'open' }));
  const { recordClass, source, collection, decision, keeps } = of;
  return JSON.stringify([recordClass, source, collection, decision, keeps.toSorted(), bare, shown.hidden]);
}

/** Those that look alike, each with its likes, in the order in which they came. */
export function alikeTo<T>(
  audience: Audience,
  all: readonly T[],
  decided: (each: T) => DecidedRecords,
): readonly (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const each of all) {
    const look = lookOf(audience, decided(each));
    const group = groups.get(look);
    if (group === undefined) groups.set(look, [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

/** The grounds of decisions that look alike: each lasts until the last of them ends. */
export function groundsTogether([first, ...others]: readonly [
  readonly ShownGround[],
  ...(readonly ShownGround[])[],
]): readonly ShownGround[] {
  return first.map((ground, index) => ({
    ...ground,
    until: others.reduce((until, each) => later(until, each[index]?.until ?? until), ground.until),
  }));
}

function later(a: ShownGround['until'], b: ShownGround['until']): ShownGround['until'] {
  if (a === 'open' || b === 'open') return 'open';
  return a >= b ? a : b;
}
