import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dayOf, untilSql } from '../../../data-map/erasing/moments.ts';
import { Binds } from '../../../data-map/sql-text.ts';
import { InvalidSchedule } from '../../../domain/errors.ts';
import type { RetentionPeriod } from '../../../domain/retention/period.ts';
import { retainUntil } from '../../../domain/retention/period.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { runs } from '../../support/property-runs.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const MOMENT = { name: 'timestamp with time zone', base: 'timestamp with time zone' };

/** What the source computes for each event. */
async function inSource(
  events: readonly Date[],
  period: RetentionPeriod,
  zone: string,
): Promise<readonly (Date | null)[]> {
  const binds = new Binds();
  const moments = `unnest(${binds.add(events.map((event) => event.toISOString()))}::text[]) WITH ORDINALITY AS e(at, n)`;
  const at = binds.add(zone);
  const until = untilSql(dayOf('e.at::timestamptz', MOMENT, `${at}::text`, 'e'), period, `${at}::text`, binds);
  const { rows } = await db.pool.query<{ until: string | null }>(
    `SELECT extract(epoch FROM ${until}) * 1000 AS until FROM ${moments} ORDER BY n`,
    [...binds.values],
  );
  return rows.map((row) => (row.until === null ? null : new Date(Number(row.until))));
}

/** In some of them clocks change at midnight, forwards or backwards, or by half an hour. */
const ZONES = [
  'utc',
  'Europe/Berlin',
  'America/New_York',
  'America/Los_Angeles',
  'America/Sao_Paulo',
  'America/Havana',
  'Atlantic/Azores',
  'Australia/Lord_Howe',
  'Asia/Beirut',
  'Asia/Kolkata',
  'Pacific/Auckland',
];

const lengths = fc
  .record({ years: fc.nat(12), months: fc.nat(18), weeks: fc.nat(6), days: fc.nat(40) })
  .map(({ years, months, weeks, days }) => `P${years}Y${months}M${weeks}W${days}D`);

const edges = fc.constantFrom(
  ...['2024-02-29T12:00:00Z', '2024-01-31T23:59:59.999Z', '2023-12-31T23:30:00Z', '2024-01-01T00:00:00Z'],
  ...['2024-03-30T23:30:00Z', '2024-10-27T01:30:00Z', '2018-11-04T03:00:00Z', '2018-02-18T02:30:00Z'],
  ...['2023-11-05T04:30:00Z', '2024-10-27T00:30:00Z', '2024-10-26T23:30:00Z'],
);
const events = fc.oneof(
  edges.map((text) => new Date(text)),
  fc.date({ min: new Date('1995-01-01T00:00:00Z'), max: new Date('2024-12-31T23:59:59Z'), noInvalidDate: true }),
);

describe('a period in the source', () => {
  it('ends when the same period ends here, in every zone, at ends of months and years', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(events, { minLength: 1, maxLength: 50 }),
        lengths,
        fc.boolean(),
        fc.constantFrom(...ZONES),
        async (all, length, fromEndOfYear, zone) => {
          const period = { length, fromEndOfYear };
          expect(await inSource(all, period, zone)).toEqual(all.map((event) => retainUntil(event, period, zone)));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it('takes the second midnight of a night in which clocks are set back to it', async () => {
    const period = { length: 'P0D', fromEndOfYear: false };
    const event = new Date('2023-11-04T12:00:00Z');
    expect(await inSource([event], period, 'America/Havana')).toEqual([new Date('2023-11-05T05:00:00Z')]);
    expect(retainUntil(event, period, 'America/Havana')).toEqual(new Date('2023-11-05T05:00:00Z'));
  });

  it('has no day of a time that never was', async () => {
    const { rows } = await db.pool.query(
      `SELECT ${dayOf('e.at', MOMENT, `'utc'`, 'e')} AS day FROM (VALUES ('infinity'::timestamptz), (NULL)) e(at)`,
    );
    expect(rows).toEqual([{ day: null }, { day: null }]);
  });

  it('is refused for a column that holds no time', () => {
    const text = { name: 'text', base: 'text' };
    expect(() => dayOf('t.a', text, `'utc'`, 'The event a of crm.t')).toThrow(InvalidSchedule);
  });
});
