import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittingVersion, isOverdue } from '../../domain/backups.ts';

const HOUR_MS = 3_600_000;
const majors = fc.array(fc.integer({ min: 9, max: 30 }));

describe('the pg_dump that fits a server', () => {
  it('is never of an earlier version than the server, and none that fits is nearer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 30 }), majors, (server, programs) => {
        const chosen = fittingVersion(server, programs);
        const fitting = programs.filter((major) => major >= server);
        if (chosen === undefined) expect(fitting).toEqual([]);
        else {
          expect(programs).toContain(chosen);
          expect(fitting.every((major) => major >= chosen)).toBe(true);
          expect(chosen).toBeGreaterThanOrEqual(server);
        }
      }),
    );
  });
});

describe('a backup', () => {
  const times = fc.record({
    hours: fc.integer({ min: 1, max: 168 }),
    age: fc.integer({ min: 0, max: 400 }),
    known: fc.boolean(),
  });

  it('may be missed once, and is overdue when it was missed twice, also when there never was one', () => {
    fc.assert(
      fc.property(times, ({ hours, age, known }) => {
        const now = new Date('2026-11-24T12:00:00Z');
        const then = new Date(now.getTime() - age * HOUR_MS);
        expect(isOverdue(known ? then : undefined, then, hours, now)).toBe(age > 2 * hours);
      }),
    );
  });
});
