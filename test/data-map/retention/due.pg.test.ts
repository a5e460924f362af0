import fc from 'fast-check';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnTypes, readColumnTypes } from '../../../data-map/column-types.ts';
import type { WeighingScope } from '../../../data-map/erasing/row-grounds.ts';
import { throughCollections } from '../../../data-map/erasing/through.ts';
import { anyDue, findDue, forecastDue } from '../../../data-map/retention/due.ts';
import { planReview, ruledCollections } from '../../../data-map/retention/review-plan.ts';
import type { ScheduleFile } from '../../../data-map/schedule/format.ts';
import { createKeySets, keyTable } from '../../../data-map/sql.ts';
import type { Statement } from '../../../data-map/sql-text.ts';
import { MAP, SCHEDULE, SCHEMA, ZONE, endOf } from '../../activities/retention/reviewed-product.ts';
import type { Row, Tables } from '../../activities/retention/reviewed-product.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(SCHEMA);
});
afterAll(() => db.drop());

const PLAN = planReview(MAP, 'crm');
const ORDER = ['contacts', 'events', 'consents', 'invoices', 'lines'];

async function inSource<T>(
  work: (run: (statement: Statement) => Promise<readonly Record<string, unknown>[]>) => Promise<T>,
) {
  const client = await db.pool.connect();
  try {
    return await work(
      async ({ text, values }) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    );
  } finally {
    client.release(true);
  }
}

type Run = Parameters<Parameters<typeof inSource>[0]>[0];

async function scopeOf(run: Run, schedule: ScheduleFile, asOf: Date): Promise<WeighingScope> {
  const through = throughCollections(MAP, schedule.rules, 'crm');
  const types = columnTypes(await run(readColumnTypes({ collections: [...PLAN.collections, ...through] })));
  return { tenantKey: 'w', types, zone: ZONE, asOf, edges: MAP.edges, through };
}

async function fill(tables: Tables): Promise<void> {
  await db.pool.query(`TRUNCATE ${ORDER.join(', ')}`);
  for (const table of ORDER)
    await db.pool.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(tables[table] ?? []),
    ]);
}

/** `table/id` of all that is found due, whether the quick look says so, and the forecast by class and month. */
async function looked(schedule: ScheduleFile, asOf: Date, until: Date) {
  return inSource(async (run) => {
    const scope = await scopeOf(run, schedule, asOf);
    const due: string[] = [];
    const forecast: Record<string, number> = {};
    for (const statement of createKeySets(PLAN)) await run(statement);
    for (const ruled of ruledCollections(PLAN, schedule, [])) {
      for (const statement of findDue(ruled, scope)) await run(statement);
      const text = `SELECT k0 AS id FROM ${keyTable(ruled.collection)}`;
      const found = await run({ purpose: 'a test', text, values: [] });
      due.push(...found.map(({ id }) => `${ruled.collection.table}/${String(id)}`));
      const quick = await Promise.all(anyDue(ruled, scope).map(async (each) => (await run(each))[0]?.['due'] === true));
      expect(quick.includes(true)).toBe(found.length > 0);
      const coming = forecastDue(ruled, scope, until);
      for (const row of coming === undefined ? [] : await run(coming)) {
        const name = `${ruled.recordClass} ${String(row['month'])}`;
        forecast[name] = (forecast[name] ?? 0) + Number(row['rows']);
      }
    }
    return { due: due.toSorted(), forecast };
  });
}

function byHand(schedule: ScheduleFile, tables: Tables, asOf: Date, until: Date) {
  const rows = Object.entries(tables).flatMap(([table, some]) =>
    some
      .filter((row) => row['workspace_id'] === 'w')
      .map((row) => ({ table, row, end: endOf(schedule, tables, table, row) })),
  );
  const due = rows
    .filter(({ end }) => end !== undefined && end <= asOf)
    .map(({ table, row }) => `${table}/${String(row['id'])}`);
  const forecast: Record<string, number> = {};
  for (const { table, row, end } of rows) {
    const isOpen = table === 'invoices' && row['paid_at'] === null;
    if (end === undefined || end <= asOf || end >= until || isOpen) continue;
    const month = DateTime.fromJSDate(end, { zone: ZONE }).startOf('month').toISODate() ?? '';
    const name = `${{ contacts: 'person', events: 'marketing', consents: 'consent' }[table] ?? 'bill'} ${month}`;
    forecast[name] = (forecast[name] ?? 0) + 1;
  }
  return { due: due.toSorted(), forecast };
}

const NOW = new Date('2026-06-15T12:00:00Z');
const days = fc.date({ min: new Date('2014-01-01'), max: new Date('2027-06-01'), noInvalidDate: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const moments = maybe(days.map((day) => day.toISOString()));
const dates = maybe(days.map((day) => day.toISOString().slice(0, 10)));
const times = maybe(days.map((day) => day.toISOString().slice(0, 19)));
const workspaces = fc.constantFrom('w', 'w', 'w', 'other');
const some = (columns: Record<string, fc.Arbitrary<Row[string]>>) =>
  fc
    .array(fc.record<Row>({ id: fc.constant(0), workspace_id: workspaces, ...columns }), { maxLength: 8 })
    .map((rows) => rows.map((row, index): Row => ({ ...row, id: index + 1 })));

const someTables: fc.Arbitrary<Tables> = fc
  .record({
    contacts: some({ email: fc.constant('a@b.test'), made_at: moments }),
    events: some({ contact_id: fc.constant(1), kind: fc.constantFrom('click', 'unsubscribe', null), at: moments }),
    consents: some({ given_on: dates, withdrawn_on: dates }),
    invoices: some({ issued_at: times, paid_at: moments }),
    lines: some({ invoice_id: fc.constantFrom(1, 2, 3, null), note: fc.constant('a line') }),
  })
  .map((tables) => {
    const { contacts, invoices } = tables;
    const of = (rows: readonly Row[], id: Row[string] | undefined, place: Row[string] | undefined) =>
      rows.some((row) => row['id'] === id && row['workspace_id'] === place);
    return {
      ...tables,
      events: tables.events.filter((row) => contacts.some(({ id }) => id === row['contact_id'])),
      lines: tables.lines.map((row) =>
        of(invoices, row['invoice_id'], row['workspace_id']) ? row : { ...row, invoice_id: null },
      ),
    };
  });

describe('what is due of a workspace', () => {
  it('is found in its source exactly as a walk through every row finds it, and so is what comes due', async () => {
    const rules = fc.subarray([...SCHEDULE.rules], { minLength: 1 });
    const moments_ = fc.date({ min: new Date('2020-01-01'), max: NOW, noInvalidDate: true });
    await fc.assert(
      fc.asyncProperty(someTables, rules, moments_, async (tables, own, asOf) => {
        const schedule = { ...SCHEDULE, rules: own };
        const until = DateTime.fromJSDate(asOf, { zone: ZONE }).startOf('month').plus({ months: 12 }).toJSDate();
        await fill(tables);
        expect(await looked(schedule, asOf, until)).toEqual(byHand(schedule, tables, asOf, until));
      }),
      { numRuns: 25 },
    );
  });

  it('is read by indexes: of a large table, no more than what is due and a little', async () => {
    await db.pool.query(`TRUNCATE ${ORDER.join(', ')}`);
    await db.pool.query(`INSERT INTO contacts VALUES (1, 'w', 'a@b.test', now())`);
    await db.pool.query(
      `INSERT INTO events SELECT g, 'w', 1, 'click', timestamptz '2026-06-15 12:00Z' - interval '1 year' * (g % 1000 = 0)::int * 2
         - interval '1 hour' * (g % 4000) FROM generate_series(1, 200000) g`,
    );
    await db.pool.query('ANALYZE events, contacts');
    await inSource(async (run) => {
      const scope = await scopeOf(run, SCHEDULE, NOW);
      for (const statement of createKeySets(PLAN)) await run(statement);
      const ruled = ruledCollections(PLAN, SCHEDULE, []).find(({ recordClass }) => recordClass === 'marketing');
      if (ruled === undefined) throw new Error('There are events.');
      for (const { text, values, purpose } of findDue(ruled, scope)) {
        const [first] = await run({ purpose, text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values });
        const plans = first?.['QUERY PLAN'] as readonly { readonly Plan: PlanNode }[] | undefined;
        const nodes = nodesOf(plans?.[0]?.Plan);
        expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
        const read = nodes.map((node) => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0));
        expect(Math.max(...read)).toBeLessThan(400);
      }
      const found = await run({ purpose: 'a test', text: `SELECT FROM ${keyTable(ruled.collection)}`, values: [] });
      expect(found).toHaveLength(200);
    });
  });
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(node: PlanNode | undefined): readonly PlanNode[] {
  if (node === undefined) return [];
  return [node, ...(node.Plans ?? []).flatMap((each) => nodesOf(each))];
}
