/**
 * Holds that are placed at random moments of erasures, with connections cut at random: no record goes once a hold on it is
 * effective, and what had gone before the hold was told of (design rule 3). `STEWARD_RACES=5000` for more of them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FenceRaised, Unavailable } from '../../domain/errors.ts';
import type { HoldDetails, StoredScope } from '../../platform/records/holds.ts';
import { TABLES, openRacingFixture } from './racing-fixture.ts';
import type { Race, RacingFixture, RacingTable } from './racing-fixture.ts';

const RACES = Number(process.env['STEWARD_RACES'] ?? 300);
const LANES = 4;

let fixture: RacingFixture;
beforeAll(async () => {
  fixture = await openRacingFixture();
});
afterAll(async () => {
  await Promise.all(cuts);
  await fixture.close();
});

/** What came of the races: unless each of these happened the two never met, and nothing was proved. */
const met = { stale: 0, turnedBack: 0, cut: 0, wholly: 0, partly: 0, inTime: 0, told: 0 };
const cuts = new Set<Promise<void>>();
/** How long an erasure takes with its plan, and from its beginning to its end, so that holds come while one is under way. */
const usual = { planMs: 500, eraseMs: 500 };

function learn(name: keyof typeof usual, begun: number): void {
  usual[name] += (performance.now() - begun - usual[name]) / 5;
}

/** Ends something that Steward has open just then, in the source or, more rarely, in its own database. */
function cutLater(): void {
  const cut = (async () => {
    await delay(Math.random() * usual.eraseMs);
    const { pool } = Math.random() < 0.75 ? fixture.source : fixture.own;
    const { rowCount } = await pool.query(
      `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'steward%' AND state <> 'idle'
         ORDER BY random() LIMIT 1) one`,
    );
    met.cut += rowCount ?? 0;
  })().finally(() => cuts.delete(cut));
  cuts.add(cut);
}

/** A cut connection and a raised fence are the race's own, and repeated as Temporal would; anything else is a defect. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    if (Math.random() < 0.1) cutLater();
    try {
      return await work();
    } catch (error) {
      if (error instanceof FenceRaised) met.turnedBack += 1;
      else if (!(error instanceof Unavailable) && !/terminat|connection|57P01|08006/i.test(String(error))) throw error;
    }
  }
}

/** As the workflow goes about it. */
async function eraseAll(race: Race, erasing: () => void): Promise<void> {
  for (;;) {
    const planned = performance.now();
    const { erase, pseudonymise } = await insist(() => race.plan());
    if (erase + pseudonymise === 0) return;
    if (!(await insist(() => race.approve()))) continue;
    learn('planMs', planned);
    erasing();
    const begun = performance.now();
    const { outcome } = await insist(() => race.erase());
    learn('eraseMs', begun);
    if (outcome === 'erased') return;
    met.stale += 1;
  }
}

interface Wish {
  readonly scope: StoredScope & { readonly subject?: true };
  /** Which rows it covers, as a condition in each table. */
  readonly covers: (table: RacingTable) => string;
}

const oneOf = <T>(values: readonly [T, ...T[]] | readonly T[]): T =>
  values[Math.floor(Math.random() * values.length)] as T;

async function randomWish(rows: ReadonlyMap<RacingTable, readonly Row[]>): Promise<Wish> {
  const table = oneOf(TABLES);
  const { id } = oneOf(rows.get(table) ?? []);
  const wishes: readonly Wish[] = [
    { scope: {}, covers: () => 'true' },
    { scope: { subject: true }, covers: () => 'true' },
    { scope: { classes: [table] }, covers: (each) => String(each === table) },
    {
      scope: { records: [{ collection: `crm.${table}`, key: { id } }] },
      covers: (each) => (each === table ? `id = ${id}` : 'false'),
    },
  ];
  return oneOf(wishes);
}

interface Row {
  readonly id: number;
  readonly row: string;
}

async function read({ tenant }: Race, condition: (table: RacingTable) => string) {
  const all = new Map<RacingTable, readonly Row[]>();
  for (const table of TABLES) {
    const { rows } = await fixture.source.pool.query<Row>(
      `SELECT id, to_jsonb(t)::text AS row FROM ${table} t WHERE workspace_id = $1 AND ${condition(table)} ORDER BY id`,
      [tenant],
    );
    all.set(table, rows);
  }
  return all;
}

type Rows = Awaited<ReturnType<typeof read>>;
const countOf = (rows: Rows): number => [...rows.values()].reduce((sum, each) => sum + each.length, 0);

/** While it is planned, while it is searched and frozen once more, or between two batches; at the latest when it has ended. */
async function momentOf(race: Race, erasing: Promise<void>, ended: Promise<unknown>): Promise<void> {
  const when = Math.random();
  if (when < 0.2) return delay(Math.random() * usual.planMs);
  await Promise.race([erasing, ended]);
  if (when < 0.5) return delay(Math.random() * usual.eraseMs);
  const batches = Math.floor(Math.random() * TABLES.length);
  const over = new AbortController();
  void ended.finally(() => over.abort());
  while (!over.signal.aborted && (await race.batches()) < batches) await delay(2);
}

async function run(race: Race): Promise<void> {
  const before = await read(race, () => 'true');
  const erasing = Promise.withResolvers<void>();
  // Whatever becomes of the hold, this is waited for.
  const ended = eraseAll(race, erasing.resolve).then(
    () => undefined,
    (error: unknown) => error,
  );
  await momentOf(race, erasing.promise, ended);
  const wish = await randomWish(before);
  const hold = await insist(() => race.place(wish.scope));
  while ((await insist(() => race.raise(hold))) > 0);
  const details = await insist(() => race.confirm(hold));
  const held = await read(race, wish.covers);
  const error = await ended;
  if (error !== undefined) throw error;
  expect(await read(race, wish.covers)).toEqual(held);
  expectTold(details, before, held, wish);
  await expectLedger(race, before);
}

/** What was gone of the held when the hold took effect, it was told. */
function expectTold({ sources }: HoldDetails, before: Rows, held: Rows, { scope, covers }: Wish): void {
  const told = sources.flatMap(({ erasedBefore }) => erasedBefore);
  let [gone, covered] = [0, 0];
  for (const table of TABLES) {
    const was = scope.records
      ? Number(covers(table) !== 'false')
      : covers(table) === 'true'
        ? (before.get(table)?.length ?? 0)
        : 0;
    const missing = was - (held.get(table)?.length ?? 0);
    const said = told
      .filter(({ collection }) => collection === `crm.${table}`)
      .reduce((sum, { rows }) => sum + rows, 0);
    if (scope.records) expect(said).toBeGreaterThanOrEqual(missing);
    else if (was > 0) expect(said).toBe(missing);
    [gone, covered] = [gone + missing, covered + was];
  }
  if (gone > 0) met.told += 1;
  met[gone === 0 ? 'inTime' : gone === covered ? 'wholly' : 'partly'] += 1;
}

/** Ledger and data agree, table by table. */
async function expectLedger(race: Race, before: Rows): Promise<void> {
  const after = await read(race, () => 'true');
  const { rows } = await fixture.source.pool.query<{ table: RacingTable; rows: number }>(
    `SELECT replace(collection, 'crm.', '') AS table, sum(rows)::int AS rows FROM steward.erasure_ledger
      WHERE tenant = $1 AND action = 'delete' GROUP BY 1`,
    [race.tenant],
  );
  const ledger = new Map(rows.map((each) => [each.table, each.rows]));
  for (const table of TABLES)
    expect(ledger.get(table) ?? 0).toBe((before.get(table)?.length ?? 0) - (after.get(table)?.length ?? 0));
  expect(countOf(after)).toBeLessThanOrEqual(countOf(before));
}

describe('a hold that is placed while a person is erased', () => {
  it(
    `keeps what is there when it takes effect, and is told of what is not, in ${RACES} races`,
    async () => {
      const begun = performance.now();
      const lanes = Array.from({ length: LANES }, async (_, lane) => {
        for (let round = lane; round < RACES; round += LANES) await run(await insist(() => fixture.open()));
      });
      await Promise.all(lanes);
      const seconds = (performance.now() - begun) / 1000;
      process.stdout.write(
        `${RACES} races in ${seconds.toFixed(0)} s (${(RACES / seconds).toFixed(1)}/s): ${JSON.stringify(met)}\n`,
      );
      for (const each of ['stale', 'cut', 'partly', 'inTime'] as const) expect(met[each], each).toBeGreaterThan(0);
    },
    RACES * 10_000,
  );
});
