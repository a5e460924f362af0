import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { REGIMES, RESPONSE_TIMES, contractualDueAt, legalDueAt } from '../../domain/deadlines.ts';

const at = (iso: string) => new Date(iso);

describe('the legal due date', () => {
  it('is one calendar month after receipt, not thirty days', () => {
    expect(legalDueAt(at('2026-03-10T09:00:00Z'), 'gdpr').toISOString()).toBe('2026-04-10T23:59:59.000Z');
  });

  it('is the last day of February for a request of 31 January', () => {
    expect(legalDueAt(at('2026-01-31T12:00:00Z'), 'gdpr').toISOString()).toBe('2026-02-28T23:59:59.000Z');
    expect(legalDueAt(at('2028-01-31T12:00:00Z'), 'uk_gdpr').toISOString()).toBe('2028-02-29T23:59:59.000Z');
  });

  it('counts days where the law counts days', () => {
    expect(legalDueAt(at('2026-01-01T00:00:00Z'), 'ccpa').toISOString()).toBe('2026-02-15T23:59:59.000Z');
  });

  it('ends with the day of the controller, also where a change of clocks lies between', () => {
    expect(legalDueAt(at('2026-03-10T23:30:00Z'), 'gdpr', 'Europe/Berlin').toISOString()).toBe(
      '2026-04-11T21:59:59.000Z',
    );
  });

  it('never lies before the receipt, and never more than 91 days and an hour after it', () => {
    const moments = fc.date({ min: at('2000-01-01'), max: at('2099-12-31'), noInvalidDate: true });
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Pacific/Auckland', 'Asia/Kolkata');
    fc.assert(
      fc.property(moments, fc.constantFrom(...REGIMES), zones, (received, regime, zone) => {
        const days = (legalDueAt(received, regime, zone).getTime() - received.getTime()) / 86_400_000;
        expect(days).toBeGreaterThan(0);
        expect(days).toBeLessThan(91 + 1 / 24);
      }),
    );
  });

  it('keeps the day of the month unless the next month is too short for it', () => {
    fc.assert(
      fc.property(fc.date({ min: at('2000-01-01'), max: at('2099-12-31'), noInvalidDate: true }), (received) => {
        const start = DateTime.fromJSDate(received, { zone: 'utc' });
        const due = DateTime.fromJSDate(legalDueAt(received, 'gdpr'), { zone: 'utc' });
        const nextMonth = start.startOf('month').plus({ months: 1 });
        expect(due.month).toBe(nextMonth.month);
        expect(due.day).toBe(Math.min(start.day, nextMonth.daysInMonth ?? 0));
      }),
    );
  });
});

describe('the table of response times', () => {
  it('names a source for every figure', () => {
    for (const regime of REGIMES) expect(RESPONSE_TIMES[regime].source).not.toBe('');
  });
});

describe('the contractual due date', () => {
  it('counts from when we were told', () => {
    expect(contractualDueAt(at('2026-03-10T09:00:00Z'), 14).toISOString()).toBe('2026-03-24T23:59:59.000Z');
  });
});
