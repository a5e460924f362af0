/** What a benchmark answers: a line a case, judged by one rule. */
import { spreadOf } from './statistics.ts';
import type { Spread } from './statistics.ts';

export interface Result {
  readonly case: string;
  /** Medians, in `unit`. */
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  /** `ours` over `reference`. */
  readonly ratio: number;
  /** What the ratio is to keep to; null for a case that only informs. */
  readonly target: number | null;
  readonly bound: Bound | null;
  /** Null where there is no target. */
  readonly holds: boolean | null;
  readonly rounds: number;
  readonly spread: { readonly ours: Spread; readonly reference: Spread; readonly ratio: Spread };
  /** What ours and the reference are, where the name of the case does not say it. */
  readonly note: string;
}

/** Whether the target is the most or the least that the ratio may be. */
export type Bound = 'at most' | 'at least';

/** The two numbers of one round, taken one after the other. */
export interface Pair {
  readonly ours: number;
  readonly reference: number;
}

export interface Case {
  readonly name: string;
  readonly unit: string;
  readonly target?: { readonly bound: Bound; readonly ratio: number };
  readonly note: string;
}

/** Throws RangeError when there is no measurement, or one is no number. */
export function resultOf({ name, unit, target, note }: Case, pairs: readonly Pair[]): Result {
  const ours = spreadOf(pairs.map((pair) => pair.ours));
  const reference = spreadOf(pairs.map((pair) => pair.reference));
  const ratio = ours.median / reference.median;
  return {
    case: name,
    ours: ours.median,
    reference: reference.median,
    unit,
    ratio,
    target: target?.ratio ?? null,
    bound: target?.bound ?? null,
    holds: target === undefined ? null : keepsTo(target.bound, ratio, target.ratio),
    rounds: pairs.length,
    spread: { ours, reference, ratio: spreadOf(pairs.map((pair) => pair.ours / pair.reference)) },
    note,
  };
}

/** What is no number keeps to nothing. */
function keepsTo(bound: Bound, ratio: number, target: number): boolean {
  return bound === 'at most' ? ratio <= target : ratio >= target;
}
