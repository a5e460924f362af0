import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulateWorkspace } from '../../../activities/erasing/simulate.ts';
import type { CollectionSimulation } from '../../../activities/erasing/simulate.ts';
import { exceptionGround, ruleGround } from '../../../data-map/erasing/possible-grounds.ts';
import { SIMULATED_MODES } from '../../../data-map/erasing/simulation.ts';
import type { SimulatedChanges, SimulatedMode } from '../../../data-map/erasing/simulation.ts';
import { readSchedule } from '../../../data-map/schedule/parse.ts';
import type { ScheduleFile, ScheduledRule } from '../../../data-map/schedule/format.ts';
import { decide } from '../../../domain/retention/decide.ts';
import type { Decision } from '../../../domain/retention/decide.ts';
import { retainUntil } from '../../../domain/retention/period.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { collection, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { runs } from '../../support/property-runs.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const ZONE = 'America/Los_Angeles';

const map = mapOf(
  collection('invoices', [key('id'), field('workspace_id'), field('issued_at'), field('kind'), field('paid')], {
    record_class: 'billing',
  }),
  collection('lines', [key('id'), field('workspace_id'), refers('invoice_id', 'invoices.id', 'from')], {
    record_class: 'billing',
  }),
  collection('notes', [key('id'), field('workspace_id'), field('made_on')], { record_class: 'note' }),
);

let database: TestDatabase;
let sources: Sources;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(`
    CREATE TABLE invoices (id int PRIMARY KEY, workspace_id text, issued_at timestamptz, kind text, paid boolean);
    CREATE TABLE lines (id int PRIMARY KEY, workspace_id text, invoice_id int REFERENCES invoices);
    CREATE TABLE notes (id int PRIMARY KEY, workspace_id text, made_on date);
    INSERT INTO invoices VALUES
      (1, 'ours', '2015-03-01', 'sale', true), (2, 'ours', '2021-03-01', 'sale', true), (3, 'ours', '2025-03-01', 'rent', false),
      (4, 'ours', NULL, 'rent', true), (5, 'theirs', '2021-03-01', 'sale', true);
    INSERT INTO lines VALUES (1, 'ours', 1), (2, 'ours', 2), (3, 'ours', 2), (4, 'ours', 4), (5, 'theirs', 5);
    INSERT INTO notes VALUES (1, 'ours', '2026-11-01');`);
  sources = openSources([{ name: 'crm', kind: 'postgres', url: database.url }]);
});

afterAll(async () => {
  await sources.close();
  await database.drop();
});

const RULE = {
  id: 'invoices-tax',
  record_class: 'billing',
  collections: ['crm.invoices'],
  requirement: 'billing',
  purpose: 'tax',
  force: 'mandatory',
  exemption: 'GDPR Art. 17(3)(b)',
  basis: 'Invoices are kept.',
  source: 'the law',
  keep: { length: 'P8Y', event: { column: 'issued_at' } },
};
const keeping = (length: string, more: object = {}) => ({ ...RULE, keep: { ...RULE.keep, length }, ...more });

function schedule(rules: readonly object[], exceptions: readonly object[] = []): ScheduleFile {
  const file = { name: 'Test', classes: { billing: {}, note: {} }, rules, exceptions };
  return readSchedule({ name: 'test.yml', text: JSON.stringify({ schedule: file }) });
}

interface Wish {
  readonly before?: ScheduleFile | undefined;
  readonly after: ScheduleFile;
  readonly jurisdictions?: readonly string[];
  readonly mostRows?: number;
}

function simulate({
  before,
  after,
  jurisdictions = [],
  mostRows = 1_000,
}: Wish): Promise<readonly CollectionSimulation[]> {
  const workspace = { jurisdictions, timeZone: ZONE, sources: { crm: 'ours' } };
  return simulateWorkspace(sources, { map, before, after, asOf: NOW, mostRows }, workspace);
}

/** Of one collection, only what is not nought. */
async function changes(wish: Wish, ref = 'crm.invoices', mode: SimulatedMode = 'request'): Promise<object | undefined> {
  const found = (await simulate(wish)).find((each) => each.collection === ref)?.changes?.[mode];
  return found && Object.fromEntries(Object.entries(found).filter(([, rows]) => rows > 0));
}

describe('a simulated schedule', () => {
  it('counts what would be erased and what would be kept for less long, in the one workspace', async () => {
    expect(await changes({ before: schedule([RULE]), after: schedule([keeping('P5Y')]) })).toEqual({
      due: 1,
      shorter: 1,
      unchanged: 2,
    });
  });

  it('counts what would be retained, against none as well', async () => {
    expect(await changes({ after: schedule([RULE]) })).toEqual({ retained: 3, unchanged: 1 });
    expect(await changes({ before: schedule([RULE]), after: schedule([keeping('P12Y')]) })).toEqual({
      retained: 1,
      longer: 2,
      unchanged: 1,
    });
  });

  it('tells keeping some columns from keeping the whole', async () => {
    const some = schedule([{ ...RULE, columns: ['id'] }]);
    expect(await changes({ before: schedule([RULE]), after: some })).toEqual({ reduced: 3, unchanged: 1 });
    expect(await changes({ before: some, after: schedule([RULE]) })).toEqual({ restored: 3, unchanged: 1 });
  });

  it('lets a business default count for a review and not against an erasure request', async () => {
    const wish = { after: schedule([{ ...RULE, force: 'business_default', exemption: undefined }]) };
    expect(await changes(wish, 'crm.invoices', 'review')).toEqual({ retained: 3, unchanged: 1 });
    expect(await changes(wish, 'crm.invoices', 'request')).toEqual({ unchanged: 4 });
  });

  it('goes by conditions, business exceptions and where the workspace is', async () => {
    const sales = schedule([{ ...RULE, where: [{ column: 'kind', in: ['sale'] }] }]);
    expect(await changes({ before: schedule([RULE]), after: sales })).toEqual({ due: 2, unchanged: 2 });
    const { id: _, requirement: __, keep: ___, ...authority } = RULE;
    const unpaid = {
      ...authority,
      exception: 'open_balance',
      force: 'claims',
      where: [{ column: 'paid', in: [false] }],
    };
    expect(await changes({ before: sales, after: schedule([], [unpaid]) })).toEqual({
      due: 1,
      retained: 1,
      unchanged: 2,
    });
    const german = schedule([{ ...RULE, jurisdictions: ['DE'] }]);
    expect(await simulate({ after: german, jurisdictions: ['US-CA'] })).toEqual([]);
    expect(await changes({ after: german, jurisdictions: ['DE'] })).toEqual({ retained: 3, unchanged: 1 });
  });

  it('looks for an event in the collection that has it', async () => {
    const event = { column: 'issued_at', through: 'crm.invoices' };
    const lines = { ...RULE, collections: ['crm.lines'], keep: { length: 'P8Y', event } };
    expect(await changes({ after: schedule([lines]) }, 'crm.lines')).toEqual({ retained: 3, unchanged: 1 });
  });

  it('leaves alone what both schedules say the same of, however they word it', async () => {
    expect(await simulate({ before: schedule([RULE]), after: schedule([RULE]) })).toEqual([]);
    const reworded = { ...RULE, id: 'other', basis: 'Other words.' };
    expect(await simulate({ before: schedule([RULE]), after: schedule([reworded]) })).toEqual([]);
    const two = schedule([
      RULE,
      {
        ...RULE,
        id: 'notes',
        record_class: 'note',
        collections: undefined,
        keep: { length: 'P1Y', event: { column: 'made_on' } },
      },
    ]);
    const found = await simulate({ before: schedule([RULE]), after: two });
    expect(found.map(({ collection: ref }) => ref)).toEqual(['crm.notes']);
  });

  it('leaves a collection uncounted that has more rows than it may read', async () => {
    const wish = { before: schedule([RULE]), after: schedule([keeping('P5Y')]) };
    expect(await simulate({ ...wish, mostRows: 3 })).toMatchObject([
      { collection: 'crm.invoices', changes: undefined },
    ]);
    expect((await simulate({ ...wish, mostRows: 4 }))[0]?.changes).toBeDefined();
  });

  it('names a column that is no time in the source', async () => {
    const odd = schedule([{ ...RULE, keep: { length: 'P8Y', event: { column: 'kind' } } }]);
    await expect(simulate({ after: odd })).rejects.toThrow(/crm\.invoices\.kind must be a date or a time/);
  });
});

interface Row {
  readonly issued: Date | undefined;
  readonly kind: string;
}

const rows: readonly Row[] = [
  { issued: new Date('2015-03-01T00:00:00Z'), kind: 'sale' },
  { issued: new Date('2021-03-01T00:00:00Z'), kind: 'sale' },
  { issued: new Date('2025-03-01T00:00:00Z'), kind: 'rent' },
  { issued: undefined, kind: 'rent' },
];

/** What the engine of decisions says of a row. */
function decisionOf(row: Row, { rules, exceptions }: ScheduleFile, mode: SimulatedMode): Decision {
  const applies = ({ where = [] }: Pick<ScheduledRule, 'where'>) =>
    where.every((each) => 'in' in each && each.in.includes(row.kind));
  const grounds = [
    ...rules.filter(applies).map((rule) => {
      const { length, from_end_of_year: fromEndOfYear } = rule.keep;
      const until = row.issued && retainUntil(row.issued, { length, fromEndOfYear }, ZONE);
      return { ...ruleGround(rule, 1), until } as ReturnType<typeof ruleGround>;
    }),
    ...exceptions.filter(applies).map(exceptionGround),
  ];
  const askedBy = mode === 'review' ? 'retention_review' : 'erasure_request';
  return decide(grounds, { askedBy, asOf: NOW, overrides: [] });
}

function expected(before: ScheduleFile, after: ScheduleFile, mode: SimulatedMode): SimulatedChanges {
  const counts = { due: 0, retained: 0, reduced: 0, restored: 0, longer: 0, shorter: 0, unchanged: 0 };
  for (const row of rows) counts[changeOf(decisionOf(row, before, mode), decisionOf(row, after, mode))] += 1;
  return counts;
}

function changeOf(before: Decision, after: Decision): keyof SimulatedChanges {
  if (before.decision !== after.decision) {
    if (after.decision === 'erase') return 'due';
    if (before.decision === 'erase') return 'retained';
    return after.decision === 'retain' ? 'restored' : 'reduced';
  }
  const end = ({ end: at }: Decision) => (at === 'open' ? Infinity : (at?.getTime() ?? 0));
  if (end(before) === end(after)) return 'unchanged';
  return end(after) > end(before) ? 'longer' : 'shorter';
}

const anyRule = fc
  .record({
    years: fc.integer({ min: 0, max: 14 }),
    endOfYear: fc.boolean(),
    isDefault: fc.boolean(),
    columns: fc.constantFrom(undefined, ['id'], ['id', 'kind']),
    kind: fc.constantFrom(undefined, 'sale', 'rent'),
  })
  .map(({ years, endOfYear, isDefault, columns, kind }) => ({
    ...RULE,
    force: isDefault ? 'business_default' : 'mandatory',
    exemption: isDefault ? undefined : RULE.exemption,
    columns,
    where: kind && [{ column: 'kind', in: [kind] }],
    keep: { length: `P${years}Y`, from_end_of_year: endOfYear, event: { column: 'issued_at' } },
  }));

const anySchedule = fc
  .array(anyRule, { maxLength: 4 })
  .map((rules) => schedule(rules.map((rule, index) => ({ ...rule, id: `r${index}` }))));

describe('what is counted', () => {
  it('agrees with the engine of decisions, whatever the schedules are', async () => {
    await fc.assert(
      fc.asyncProperty(anySchedule, anySchedule, async (before, after) => {
        const [found] = await simulate({ before, after });
        for (const mode of SIMULATED_MODES) {
          const wanted = expected(before, after, mode);
          expect(found?.changes?.[mode] ?? { ...wanted, unchanged: rows.length }).toEqual(wanted);
        }
      }),
      { numRuns: runs(60) },
    );
  });
});
