/**
 * How often a property is tried. A rare seed that fails one is found by trying more of them than a run of the tests has time
 * for: `STEWARD_PROPERTY_RUNS=50 npx vitest run --project unit` tries each fifty times as often.
 */
import fc from 'fast-check';

/** By how much more than usual; 1 when nothing is said. */
const RUNS_FACTOR = Math.max(1, Number(process.env['STEWARD_PROPERTY_RUNS'] ?? '1') || 1);

/** For a property that is not tried a hundred times, as is usual, because it is cheap or dear. */
export const runs = (usually: number): number => usually * RUNS_FACTOR;

fc.configureGlobal({ numRuns: runs(100) });
