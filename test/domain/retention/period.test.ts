import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { isRetentionLength, lastEndedDay, momentAfter, retainUntil } from '../../../domain/retention/period.ts';

const at = (iso: string) => new Date(iso);
const ten = { length: 'P10Y', fromEndOfYear: false };

describe('a retention period', () => {
  it('ends with its last day', () => {
    expect(retainUntil(at('2026-03-10T09:00:00Z'), ten).toISOString()).toBe('2036-03-11T00:00:00.000Z');
  });

  it('counts from the end of the year of its event where the law does', () => {
    const until = retainUntil(at('2026-03-10T09:00:00Z'), { ...ten, fromEndOfYear: true });
    expect(until.toISOString()).toBe('2037-01-01T00:00:00.000Z');
  });

  it('belongs to the year that the event has where the workspace is', () => {
    const newYear = at('2026-12-31T23:30:00Z');
    const period = { length: 'P1Y', fromEndOfYear: true };
    expect(retainUntil(newYear, period).getUTCFullYear()).toBe(2028);
    expect(retainUntil(newYear, period, 'Europe/Berlin').toISOString()).toBe('2028-12-31T23:00:00.000Z');
  });

  it('of a month after 31 January ends with the last day of February', () => {
    expect(retainUntil(at('2026-01-31T12:00:00Z'), { length: 'P1M', fromEndOfYear: false }).toISOString()).toBe(
      '2026-03-01T00:00:00.000Z',
    );
  });

  it.each(['P10Y', 'P6M', 'P2W', 'P90D', 'P1Y6M', 'P0D'])('can be %s', (length) => {
    expect(isRetentionLength(length)).toBe(true);
  });

  it.each(['', '10 years', 'PT5H', 'P-1Y', '-P1Y', 'P1DT1S', 'P1.5Y', 'Y10'])('cannot be %j', (length) => {
    expect(isRetentionLength(length)).toBe(false);
  });

  it('is never over before its event is, and never shorter for being counted from the end of the year', () => {
    const events = fc.date({ min: at('1990-01-01'), max: at('2090-01-01'), noInvalidDate: true });
    const lengths = fc.constantFrom('P0D', 'P30D', 'P1M', 'P2Y', 'P10Y');
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Pacific/Auckland');
    fc.assert(
      fc.property(events, lengths, zones, (event, length, zone) => {
        const plain = retainUntil(event, { length, fromEndOfYear: false }, zone);
        expect(plain.getTime()).toBeGreaterThan(event.getTime());
        const fromEnd = retainUntil(event, { length, fromEndOfYear: true }, zone);
        expect(fromEnd.getTime()).toBeGreaterThanOrEqual(plain.getTime());
      }),
    );
  });
});

describe('the last day whose events no longer keep anything', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Havana', 'Pacific/Apia', 'Africa/Cairo');
  const moments = fc.date({ min: at('1995-01-01'), max: at('2090-01-01'), noInvalidDate: true });
  const lengths = fc.constantFrom('P0D', 'P1D', 'P90D', 'P1M', 'P13M', 'P1Y', 'P1Y1M1D', 'P10Y', 'P2W');
  const noonOf = (day: string, zone: string) => DateTime.fromISO(`${day}T12:00`, { zone }).toJSDate();
  const nextTo = (day: string, days: number) => DateTime.fromISO(day, { zone: 'utc' }).plus({ days }).toISODate() ?? '';

  it('is over at the moment, and the day after it is not, or the year after it', () => {
    fc.assert(
      fc.property(moments, lengths, zones, fc.boolean(), (asOf, length, zone, fromEndOfYear) => {
        const period = { length, fromEndOfYear };
        const day = lastEndedDay(asOf, period, zone);
        if (day === undefined) throw new Error('There is one.');
        expect(retainUntil(noonOf(day, zone), period, zone).getTime()).toBeLessThanOrEqual(asOf.getTime());
        const next = nextTo(day, 1);
        expect(retainUntil(noonOf(next, zone), period, zone).getTime()).toBeGreaterThan(asOf.getTime());
      }),
    );
  });

  it('is none before our era', () => {
    expect(lastEndedDay(at('2026-01-01T00:00:00Z'), { length: 'P9999Y', fromEndOfYear: false }, 'UTC')).toBeUndefined();
  });

  it('has all its events before the moment after it', () => {
    fc.assert(
      fc.property(moments, zones, (event, zone) => {
        const day = DateTime.fromJSDate(event, { zone }).toISODate() ?? '';
        expect(new Date(momentAfter(day, zone)).getTime()).toBeGreaterThan(event.getTime());
      }),
    );
  });
});
