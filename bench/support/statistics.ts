/** The few numbers that say what a series of measurements came to. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Throws RangeError for an empty series, which has none, and for what is no number. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('Nothing was measured.');
  if (!values.every(Number.isFinite)) throw new RangeError('A measurement is not a number.');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  };
}

/** The least value that a share of them, such as 0.99, does not exceed. Throws RangeError for none. */
export function percentile(values: readonly number[], share: number): number {
  const found = values.toSorted((a, b) => a - b).at(Math.max(0, Math.ceil(values.length * share) - 1));
  if (found === undefined) throw new RangeError('Nothing was measured.');
  return found;
}

export type Point = readonly [x: number, y: number];

/** The straight line that fits the points best (least squares). Throws RangeError when all of them are at one place. */
export function lineThrough(points: readonly Point[]): (x: number) => number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const width = sum(points.map(([x]) => (x - meanX) ** 2));
  if (!(width > 0)) throw new RangeError('A line takes measurements at two places.');
  const slope = sum(points.map(([x, y]) => (x - meanX) * (y - meanY))) / width;
  return (x) => meanY + slope * (x - meanX);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
