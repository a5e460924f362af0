import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withWeighedSources } from '../../../activities/erasing/weighing.ts';
import type { WeighedSource, Weighing } from '../../../activities/erasing/weighing.ts';
import { groundsTable } from '../../../data-map/erasing/combinations.ts';
import { planAcross } from '../../../data-map/plan.ts';
import type { ScheduledRule } from '../../../data-map/schedule/format.ts';
import { scheduleFile } from '../../../data-map/schedule/format.ts';
import type { ActiveHold } from '../../../domain/holds.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { BOB, JANE, SCHEMA, ZONE, idOf, map, weighedByHand } from './weighing-fixture.ts';
import type { Case, Row, Tables } from './weighing-fixture.ts';
import { runs } from '../../support/property-runs.ts';

let db: TestDatabase;
let sources: Sources;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(SCHEMA);
  await db.pool.query(sourceSchema('postgres'));
  sources = openSources([{ name: 'crm', kind: 'postgres', url: db.url, eraseUrl: db.url }]);
});
afterAll(async () => {
  await sources.close();
  await db.drop();
});

const NOW = new Date('2026-06-15T12:00:00Z');

const tenants = new Map([['crm', '1']]);

function weighingOf({ schedule, holds, circumstances, records, jurisdictions }: Omit<Case, 'tables'>): Weighing {
  const plan = planAcross(map, ['crm'], [{ type: 'email', value: JANE }]);
  const ruleVersions = new Map(schedule.rules.map(({ id }) => [id, 7]));
  return {
    map,
    search: { plan, tenantKeys: tenants },
    schedule: { ...schedule, version: 'a'.repeat(64), ruleVersions },
    holds,
    circumstances,
    records,
    jurisdictions,
    zone: ZONE,
  };
}

/** By `idOf`: what is decided on each row, and when it is no longer kept. */
async function weighed(weighing: Weighing): Promise<ReadonlyMap<string, unknown>> {
  return withWeighedSources(sources, weighing, async ([crm]) => {
    if (crm === undefined) throw new Error('The source was not weighed.');
    return decisionsIn(crm);
  });
}

async function decisionsIn({ client, plan, groups }: WeighedSource): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  for (const collection of plan.collections) {
    const keys = collection.key.map((name, index) => `k${index} AS ${name}`);
    const { rows } = await client.query<Row & { combination: string; ms: string | null }>(
      `SELECT ${keys.join(', ')}, combination, (extract(epoch FROM ends) * 1000)::text AS ms FROM ${groundsTable(collection)}`,
    );
    for (const [combination, some] of Map.groupBy(rows, (row) => row.combination)) {
      const group = groups.find((each) => each.collection === collection && each.combination === combination);
      expect(group?.rows).toBe(some.length);
      for (const row of some)
        found.set(idOf(collection.table, row), {
          decision: group?.decision.decision,
          keeps: group?.decision.keeps,
          doubts: group?.decision.doubts,
          grounds: group?.decision.grounds.map(({ ground, weight, overrideId }) => [ground.kind, weight, overrideId]),
          end: row.ms === null ? undefined : row.ms === 'Infinity' ? 'open' : new Date(Number(row.ms)),
        });
    }
  }
  expect(groups.reduce((sum, { rows }) => sum + rows, 0)).toBe(found.size);
  return found;
}

async function fill(tables: Tables): Promise<void> {
  const order = ['contacts', 'invoices', 'lines', 'letters', 'rooms', 'stays'];
  await db.pool.query(`TRUNCATE ${order.join(', ')}`);
  for (const table of order) {
    const rows = tables[table] ?? [];
    if (rows.length > 0)
      await db.pool.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(rows),
      ]);
  }
}

const CONTACTS = [1, 2, 3];
const INVOICES = [11, 12, 13, 14];
const days = fc.date({ min: new Date('2014-01-01'), max: new Date('2026-06-01'), noInvalidDate: true });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const ids = (all: readonly number[]) => fc.constantFrom(...all);
const texts = days.map((day) => day.toISOString().slice(0, 10));

const someTables: fc.Arbitrary<Tables> = fc
  .record({
    contacts: fc.tuple(
      ...CONTACTS.map((id) =>
        fc.record<Row>({
          id: fc.constant(id),
          workspace_id: fc.constant(1),
          email: id === 1 ? fc.constant(JANE) : fc.constantFrom(JANE, BOB),
          referred_by: maybe(ids(CONTACTS)),
          made_at: maybe(days),
        }),
      ),
    ),
    invoices: fc.tuple(
      ...INVOICES.map((id) =>
        fc.record<Row>({
          id: fc.constant(id),
          workspace_id: fc.constant(1),
          contact_id: ids(CONTACTS),
          state: fc.constantFrom('signed', 'draft', '', null),
          issued_at: maybe(days),
          made_on: maybe(texts),
        }),
      ),
    ),
    lines: rowsOf(4, { invoice_id: ids(INVOICES), note: fc.constant('a line') }),
    letters: rowsOf(4, {
      contact_id: maybe(ids(CONTACTS)),
      invoice_id: maybe(ids(INVOICES)),
      body: fc.constantFrom(`Ask ${JANE}.`, 'Nobody.'),
      written_at: maybe(texts.map((text) => `${text}T11:00:00`)),
    }),
    rooms: rowsOf(2, { title: fc.constant('A room') }, 2),
    stays: fc.uniqueArray(
      fc.record<Row>({ room_id: ids([101, 102]), contact_id: ids(CONTACTS), workspace_id: fc.constant(1) }),
      { maxLength: 4, selector: (row) => `${String(row['room_id'])} ${String(row['contact_id'])}` },
    ),
  })
  .map((tables) => tables);

function rowsOf(maxLength: number, columns: Record<string, fc.Arbitrary<Row[string]>>, minLength = 0) {
  return fc
    .array(fc.record<Row>({ id: fc.constant(0), workspace_id: fc.constant(1), ...columns }), { minLength, maxLength })
    .map((rows) => rows.map((row, index) => ({ ...row, id: 101 + index })));
}

const rule = (id: string): fc.Arbitrary<ScheduledRule> =>
  fc
    .record({
      on: fc.constantFrom(
        { record_class: 'bill', collections: ['crm.invoices'], event: { column: 'issued_at' } },
        { record_class: 'bill', collections: ['crm.invoices'], event: { column: 'issued_at', fallback: 'made_on' } },
        { record_class: 'bill', collections: ['crm.lines'], event: { column: 'issued_at', through: 'crm.invoices' } },
        {
          record_class: 'bill',
          collections: ['crm.invoices'],
          event: { column: 'made_on' },
          columns: ['id', 'contact_id'],
        },
        { record_class: 'bill', collections: ['crm.invoices'], event: { column: 'made_on' }, columns: ['id'] },
        { record_class: 'letter', event: { column: 'written_at' } },
        { record_class: 'letter', event: { column: 'written_at' }, columns: ['body'] },
        { record_class: 'letter', event: { column: 'written_at' }, columns: ['body', 'contact_id'] },
        { record_class: 'person_record', event: { column: 'made_at' }, columns: ['email'] },
        { record_class: 'person_record', event: { column: 'made_at' } },
      ),
      where: fc.constantFrom(
        undefined,
        [{ column: 'state', in: ['signed'] }],
        [{ column: 'state', is: 'empty' as const }],
      ),
      force: fc.constantFrom('mandatory' as const, 'claims' as const, 'business_default' as const),
      length: fc.constantFrom('P1Y', 'P8Y', 'P6M', 'P400D'),
      endOfYear: fc.boolean(),
      jurisdictions: fc.constantFrom(undefined, ['DE'], ['US-CA'], ['US']),
      needsPerson: fc.boolean(),
    })
    .map(({ on: { event, ...on }, where, force, length, endOfYear, jurisdictions, needsPerson }) => {
      const isOfInvoices = 'collections' in on && on.collections?.[0] === 'crm.invoices';
      const parsed = scheduleFile.parse({
        schedule: {
          name: 'A test',
          classes: {},
          rules: [
            {
              id,
              ...on,
              ...(where && isOfInvoices && { where }),
              requirement: 'billing',
              purpose: 'tax',
              force,
              basis: 'A basis.',
              source: 'A source.',
              keep: { length, from_end_of_year: endOfYear, event },
              ...(jurisdictions && { jurisdictions }),
              needs_person: needsPerson,
            },
          ],
        },
      });
      const [only] = parsed.schedule.rules;
      if (only === undefined) throw new Error('There is one.');
      return only;
    });

const exceptions = fc.subarray([
  {
    exception: 'open_balance' as const,
    record_class: 'bill',
    collections: ['crm.invoices'],
    where: [{ column: 'issued_at', is: 'empty' as const }],
    purpose: 'dispute' as const,
    party: 'controller' as const,
    visibility: 'subject' as const,
    force: 'claims' as const,
    basis: 'a',
    source: 'a',
  },
  {
    exception: 'active_contract' as const,
    record_class: 'letter',
    purpose: 'dispute' as const,
    party: 'controller' as const,
    visibility: 'subject' as const,
    force: 'business_default' as const,
    basis: 'a',
    source: 'a',
  },
]);

const hold = (holdId: string): fc.Arbitrary<ActiveHold> =>
  fc
    .record(
      {
        subject: fc.constantFrom([{ type: 'email', value: JANE }], [{ type: 'email', value: BOB }]),
        records: fc.constantFrom(
          [{ collection: 'crm.invoices', key: { id: 11 } }],
          [
            { collection: 'crm.stays', key: { room_id: '101', contact_id: '1' } },
            { collection: 'crm.lines', key: { id: 101 } },
          ],
        ),
        classes: fc.constantFrom(['bill'], ['letter', 'person_record']),
        dates: fc.record({ from: texts, to: texts }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    )
    .map((scope) => ({ holdId, purpose: 'legal', party: 'controller', visibility: 'controller', scope }));

const circumstances = fc.record({
  askedBy: fc.constantFrom('erasure_request' as const, 'retention_review' as const),
  asOf: fc.constant(NOW),
  overrides: fc.array(
    fc.record({
      kind: fc.constantFrom('keep' as const, 'set_aside' as const),
      of: fc.constantFrom('a', 'b', 'active_contract'),
      overrideId: fc.constant('o1'),
      inRightOf: fc.constant('controller' as const),
    }),
    { maxLength: 2 },
  ),
});

const cases: fc.Arbitrary<Case> = fc.record({
  tables: someTables,
  schedule: fc
    .record({ all: fc.tuple(rule('a'), rule('b'), rule('c'), rule('d')), rules: fc.nat(4), exceptions })
    .map(({ all, rules, exceptions: some }) => ({
      name: 'A test',
      classes: {},
      rules: all.slice(0, rules),
      exceptions: some,
    })),
  holds: fc
    .record({ all: fc.tuple(hold('h1'), hold('h2'), hold('h3')), n: fc.nat(3) })
    .map(({ all, n }) => all.slice(0, n)),
  circumstances,
  records: fc.subarray([
    { collection: 'crm.contacts', key: { id: 1 }, overrideId: 'k1' },
    { collection: 'crm.stays', key: { room_id: 101, contact_id: 1 }, overrideId: 'k2' },
  ]),
  jurisdictions: fc.constantFrom([], ['DE'], ['US'], ['US-CA', 'DE-BY']),
});

/** Nothing keeps what is Jane's but, perhaps, that rows of somebody else under a hold refer to it. */
const bystanders: fc.Arbitrary<Case> = fc
  .record({
    referred: fc.tuple(maybe(ids([1])), maybe(ids([1, 2]))),
    days: fc.tuple(maybe(days), maybe(texts)),
    letters: fc.array(
      fc.record({ contact_id: maybe(ids([2])), invoice_id: maybe(ids([11])), written_at: maybe(texts) }),
      { maxLength: 2 },
    ),
    scopes: fc.subarray([
      { subject: [{ type: 'email', value: BOB }] },
      { subject: [{ type: 'email', value: BOB }], dates: { from: '2020-01-01' } },
      { records: [{ collection: 'crm.contacts', key: { id: 2 } }] },
      { records: [{ collection: 'crm.letters', key: { id: 101 } }], dates: { to: '2020-01-01' } },
      { classes: ['letter'] },
      { classes: ['letter'], dates: { from: '2021-01-01' } },
    ]),
  })
  .map(({ referred, days: [made, wrote], letters, scopes }) => {
    const person = (id: number, email: string, by: number | null): Row => ({
      ...{ id, workspace_id: 1, email, referred_by: by, made_at: made },
    });
    return {
      tables: {
        contacts: [person(1, JANE, null), person(2, BOB, referred[0]), person(3, BOB, referred[1])],
        invoices: [{ id: 11, workspace_id: 1, contact_id: 1, state: null, issued_at: null, made_on: wrote }],
        letters: letters.map((row, index) => ({
          ...{ id: 101 + index, workspace_id: 1, body: 'Nobody.', ...row },
          written_at: row.written_at && `${row.written_at}T11:00:00`,
        })),
      },
      schedule: { name: 'A test', classes: {}, rules: [], exceptions: [] },
      holds: scopes.map((scope, index) => ({
        ...{ holdId: `h${index}`, purpose: 'legal', party: 'controller', visibility: 'controller', scope },
      })),
      circumstances: { askedBy: 'erasure_request', asOf: NOW, overrides: [] },
      records: [],
      jurisdictions: [],
    } satisfies Case;
  });

async function expectAsByHand(given: Case): Promise<void> {
  await fill(given.tables);
  const expected = new Map(
    [...weighedByHand(given)].map(([id, { decision, keeps, doubts, end, grounds }]) => [
      id,
      {
        decision,
        keeps,
        doubts,
        grounds: grounds.map(({ ground, weight, overrideId }) => [ground.kind, weight, overrideId]),
        end,
      },
    ]),
  );
  expect(Object.fromEntries(await weighed(weighingOf(given)))).toEqual(Object.fromEntries(expected));
}

describe('the rows of a person, weighed in the source', () => {
  it('are decided on as they are one by one, whatever rules, holds and references there are', async () => {
    await fc.assert(
      fc.asyncProperty(cases, (given) => expectAsByHand(given)),
      { numRuns: runs(60) },
    );
  }, 120_000);

  it('stay reduced while somebody else’s row under a hold refers to them, though its reference could be emptied', async () => {
    await fc.assert(
      fc.asyncProperty(bystanders, (given) => expectAsByHand(given)),
      { numRuns: runs(25) },
    );
  }, 120_000);
});
