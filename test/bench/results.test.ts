import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeHardware } from '../../bench/support/hardware.ts';
import { printed, writeReport } from '../../bench/support/report.ts';
import type { Report } from '../../bench/support/report.ts';
import { resultOf } from '../../bench/support/result.ts';
import type { Bound } from '../../bench/support/result.ts';
import { inTurns, pairsOf } from '../../bench/support/rounds.ts';
import { lineThrough, spreadOf } from '../../bench/support/statistics.ts';

const bounded = (bound: Bound, ratio: number) => ({ name: 'a case', unit: 's', note: 'n', target: { bound, ratio } });
const pair = (ours: number, reference: number) => ({ ours, reference });

function reportOf(quick: boolean): Report {
  const results = [
    resultOf(bounded('at most', 1.5), [pair(3, 2)]),
    resultOf(bounded('at most', 1.4), [pair(3, 2)]),
    resultOf({ name: 'no target', unit: 'ms', note: 'n' }, [pair(1, 8)]),
  ];
  return { suite: 'lines', at: '2026-01-01T00:00:00.000Z', quick, hardware: describeHardware(), results };
}

/** Nothing measures as minus nought, which sorts as nought and is not equal to it. */
const measurement = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => value + 0);

describe('a spread', () => {
  it('has the middle of the sorted values, or the mean of the two in the middle', () => {
    expect(spreadOf([5, 1, 100])).toEqual({ median: 5, least: 1, most: 100 });
    expect(spreadOf([4, 1, 100, 2])).toEqual({ median: 3, least: 1, most: 100 });
  });

  it('does not hang on the order', () => {
    fc.assert(
      fc.property(fc.array(measurement, { minLength: 1 }), (values) => {
        expect(spreadOf(values.toReversed())).toEqual(spreadOf(values));
      }),
    );
  });

  it('is refused for nothing and for what is no number', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
    expect(() => spreadOf([1, Number.NaN])).toThrow(RangeError);
  });
});

describe('a line', () => {
  it('goes through points that lie on one', () => {
    const line = lineThrough([
      [0, 1],
      [1, 3],
      [2, 5],
    ]);
    expect([line(0), line(10)]).toEqual([1, 21]);
  });

  it('is refused where all points are at one place', () => {
    expect(() =>
      lineThrough([
        [1, 1],
        [1, 2],
      ]),
    ).toThrow(RangeError);
    expect(() => lineThrough([])).toThrow(RangeError);
  });
});

describe('a result', () => {
  it('is the ratio of the medians, ours over the reference', () => {
    const result = resultOf(bounded('at most', 2), [pair(3, 2), pair(4, 1), pair(100, 4)]);
    expect(result).toMatchObject({
      ours: 4,
      reference: 2,
      ratio: 2,
      target: 2,
      bound: 'at most',
      holds: true,
      rounds: 3,
    });
    expect(result.spread.ratio).toEqual({ median: 4, least: 1.5, most: 25 });
  });

  it('does not hold when the target is missed, on whichever side it lies', () => {
    const holds = (bound: Bound, target: number) => resultOf(bounded(bound, target), [pair(3, 2)]).holds;
    expect([holds('at most', 1.5), holds('at most', 1.49)]).toEqual([true, false]);
    expect([holds('at least', 1.5), holds('at least', 1.51)]).toEqual([true, false]);
  });

  it('claims nothing without a target', () => {
    const result = resultOf({ name: 'a case', unit: 's', note: 'n' }, [pair(1, 2)]);
    expect(result).toMatchObject({ target: null, bound: null, holds: null });
  });

  it('is refused when nothing or no number was measured, and never holds against a reference of nothing', () => {
    expect(() => resultOf(bounded('at most', 1), [])).toThrow(RangeError);
    expect(() => resultOf(bounded('at most', 1), [pair(Number.NaN, 1)])).toThrow(RangeError);
    expect(() => resultOf(bounded('at most', 1), [pair(0, 0)])).toThrow(RangeError);
  });
});

describe('rounds', () => {
  it('let ours and the reference take turns, each first in its turn', async () => {
    const calls: string[] = [];
    const contender = (name: string, seconds: number) => async () => {
      calls.push(name);
      return { seconds };
    };
    const rounds = await inTurns({ ours: contender('ours', 2), reference: contender('reference', 1) }, 3);
    expect(calls).toEqual(['ours', 'reference', 'reference', 'ours', 'ours', 'reference']);
    expect(pairsOf(rounds, ({ seconds }) => seconds)).toEqual([pair(2, 1), pair(2, 1), pair(2, 1)]);
  });
});

describe('a report', () => {
  it('ends in one line of JSON with the suite, the hardware and every result, when it is asked for', () => {
    const lines = printed(reportOf(false), true).join('\n').split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      suite: 'lines',
      hardware: { cores: expect.any(Number), node: process.versions.node, postgresql: expect.stringMatching(/^\d/) },
      results: [
        { case: 'a case', ours: 3, reference: 2, unit: 's', ratio: 1.5, target: 1.5, holds: true },
        { case: 'a case', ratio: 1.5, target: 1.4, holds: false },
        { case: 'no target', ratio: 0.125, target: null, holds: null },
      ],
    });
  });

  it('shows in its table what does not hold', () => {
    const rows = printed(reportOf(false), false).join('\n').trimEnd().split('\n').slice(2);
    expect(rows.map((row) => row.split('|').at(-2)?.trim())).toEqual(['yes', '**no**', '–']);
  });

  it('of a quick run replaces no real one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'steward-bench-results-'));
    try {
      await writeReport(reportOf(false), folder);
      await writeReport(reportOf(true), folder);
      expect((await readdir(folder)).sort()).toEqual(['lines.json', 'lines.md', 'lines.quick.json', 'lines.quick.md']);
      const { quick } = JSON.parse(await readFile(join(folder, 'lines.json'), 'utf8')) as Report;
      expect(quick).toBe(false);
      expect(await readFile(join(folder, 'lines.quick.md'), 'utf8')).toContain('quick');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
