/** Deterministic chance: the same seed and name give the same values, in whatever order tables are written. */
import { hash } from 'node:crypto';

/** A UUID that is a function of its name. */
export function uuidOf(...name: readonly (string | number)[]): string {
  const hex = hash('sha1', name.join('/'), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Mulberry32, seeded by a name. */
export class Random {
  private state: number;

  constructor(...name: readonly (string | number)[]) {
    this.state = Number.parseInt(hash('sha1', name.join('/'), 'hex').slice(0, 8), 16);
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.int(0, values.length - 1)] ?? values[0];
  }

  /** A moment in the four years before the sample's "today". */
  moment(): Date {
    return new Date(SAMPLE_TODAY - this.int(0, 4 * 365 * 24 * 60) * 60_000);
  }
}

const SAMPLE_TODAY = Date.UTC(2026, 5, 30, 12);
