/** The race between erasure and hold, with connections cut at random (design rule 3). */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FenceRaised } from '../../../domain/errors.ts';
import { passFence, raiseFence, readEpoch } from '../../../platform/erasure/fence.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

/** A source and Steward's own database, which no transaction spans. */
let source: TestDatabase;
let register: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  [source, register] = await Promise.all([testDatabase(), testDatabase()]);
  await source.pool.query(sourceSchema('postgres'));
  await source.pool.query(
    'CREATE TABLE records (id integer PRIMARY KEY, tenant text NOT NULL, subject integer NOT NULL)',
  );
  await source.pool.query('CREATE INDEX ON records (tenant)');
  await register.pool.query('CREATE TABLE holds (tenant text NOT NULL, subject integer NOT NULL, state text NOT NULL)');
});

afterAll(() => Promise.all([source.drop(), register.drop()]));

beforeEach(() => {
  pool = new Pool({ connectionString: source.url, max: 8 });
  pool.on('error', () => undefined);
});

/** A cut that comes late must not hit the connection of another test. */
afterEach(async () => {
  await Promise.all(cuts.splice(0));
  await pool.end();
});

async function withConnection<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  client.on('error', ignore);
  try {
    const result = await work(client);
    client.off('error', ignore);
    client.release();
    return result;
  } catch (error) {
    // One that was cut still has its error to tell.
    client.release(true);
    throw error;
  }
}

const ignore = (): void => undefined;

/** Runs `work` in a transaction, and cuts the connection at a random moment in one case of four. */
function erasing<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  return withConnection(async (client) => {
    if (Math.random() < 0.25) cuts.push(cut(client));
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  });
}

const cuts: Promise<void>[] = [];

async function cut(client: PoolClient): Promise<void> {
  const { processID } = client as PoolClient & { readonly processID: number };
  await delay(Math.random() * 6);
  await source.pool.query('SELECT pg_terminate_backend($1)', [processID]).catch(() => undefined);
}

/** What the erasure engine does, in small: plan by epoch and holds, then a batch behind the fence with its ledger row. */
async function eraseOnce(tenant: string, erasure: string, sequence: number): Promise<void> {
  const epoch = await withConnection((client) => readEpoch(client, tenant));
  const held = await register.pool.query<{ subject: number }>('SELECT subject FROM holds WHERE tenant = $1', [tenant]);
  await delay(Math.random() * 4);
  await erasing(async (client) => {
    await passFence(client, tenant, epoch);
    const { rows } = await client.query<{ id: number }>(
      `WITH batch AS (SELECT id FROM records WHERE tenant = $1 AND subject <> ALL ($2) ORDER BY id LIMIT 3)
       DELETE FROM records r USING batch b WHERE r.id = b.id RETURNING r.id`,
      [tenant, held.rows.map(({ subject }) => subject)],
    );
    await delay(Math.random() * 2);
    if (rows.length === 0) return;
    await client.query(
      `INSERT INTO steward.erasure_ledger (erasure_id, tenant, collection, generation, sequence, action, first_target,
           last_target, rows, keys_digest, epoch)
         VALUES ($1, $2, 'records', 1, $3, 'delete', 1, 1, $4, '\\x00', $5)`,
      [erasure, tenant, sequence, rows.length, epoch.toString()],
    );
  });
}

/** Answers the rows of the subject that were still there when the hold became effective. */
async function placeHold(tenant: string, subject: number): Promise<number> {
  await register.pool.query(`INSERT INTO holds VALUES ($1, $2, 'pending')`, [tenant, subject]);
  await raiseUntilDone(tenant);
  await register.pool.query(`UPDATE holds SET state = 'effective' WHERE tenant = $1 AND subject = $2`, [
    tenant,
    subject,
  ]);
  return count(`tenant = '${tenant}' AND subject = ${subject}`);
}

/** A cut can come late and hit whoever has the connection next. Raising twice turns back no less. */
async function raiseUntilDone(tenant: string): Promise<void> {
  try {
    await withConnection((client) => raiseFence(client, tenant));
  } catch (error) {
    onlyExpected(error);
    await raiseUntilDone(tenant);
  }
}

async function count(condition: string): Promise<number> {
  const { rows } = await source.pool.query<{ count: string }>(`SELECT count(*) FROM records WHERE ${condition}`);
  return Number(rows[0]?.count);
}

const SUBJECTS = 4;
const ROWS_EACH = 5;

async function race(round: number): Promise<void> {
  const tenant = `t${round}`;
  const erasure = `00000000-0000-4000-8000-${round.toString().padStart(12, '0')}`;
  const first = round * SUBJECTS * ROWS_EACH;
  await source.pool.query(
    `INSERT INTO records SELECT $1 + i, $2, i % ${SUBJECTS} FROM generate_series(1, ${SUBJECTS * ROWS_EACH}) i`,
    [first, tenant],
  );
  const subject = Math.floor(Math.random() * SUBJECTS);
  const eraser = (async () => {
    for (let sequence = 1; sequence <= 10; sequence += 1)
      await eraseOnce(tenant, erasure, sequence).catch(onlyExpected);
  })();
  await delay(Math.random() * 40);
  const left = await placeHold(tenant, subject);
  await eraser;
  expect(await count(`tenant = '${tenant}' AND subject = ${subject}`)).toBe(left);
  const { rows } = await source.pool.query<{ erased: string }>(
    'SELECT coalesce(sum(rows), 0) AS erased FROM steward.erasure_ledger WHERE erasure_id = $1',
    [erasure],
  );
  expect(Number(rows[0]?.erased)).toBe(SUBJECTS * ROWS_EACH - (await count(`tenant = '${tenant}'`)));
}

/** A raised fence and a cut connection are the race's own; anything else is a defect. */
function onlyExpected(error: unknown): void {
  if (error instanceof FenceRaised) met.turnedBack += 1;
  else if (/terminat|connection|57P01/i.test(String(error))) met.cut += 1;
  else throw error;
}

const met = { turnedBack: 0, cut: 0 };

describe('the fence', () => {
  it('lets no row of a held person go once the hold is effective, and keeps ledger and data equal, in 120 races', async () => {
    const lanes = [0, 1, 2, 3].map(async (lane) => {
      for (let round = lane; round < 120; round += 4) await race(round);
    });
    await Promise.all(lanes);
    // Otherwise the two never met, and nothing was proved.
    expect(met.turnedBack).toBeGreaterThan(0);
    expect(met.cut).toBeGreaterThan(0);
  });

  it('waits for the batch under way when a hold is placed', async () => {
    const order: string[] = [];
    const epoch = await withConnection((client) => readEpoch(client, 'waiting'));
    await withConnection(async (client) => {
      await client.query('BEGIN');
      await passFence(client, 'waiting', epoch);
      const raised = withConnection((other) => raiseFence(other, 'waiting')).then(() => order.push('raised'));
      await waitForLock();
      order.push('committed');
      await client.query('COMMIT');
      await raised;
    });
    expect(order).toEqual(['committed', 'raised']);
  });

  it('turns back a transaction that would not see a raise during its wait', async () => {
    await withConnection(async (client) => {
      const epoch = await readEpoch(client, 'repeatable');
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await expect(passFence(client, 'repeatable', epoch)).rejects.toThrow(/READ COMMITTED/);
      await client.query('ROLLBACK');
    });
  });
});

async function waitForLock(): Promise<void> {
  for (;;) {
    const { rows } = await source.pool.query<{ waiting: string }>(
      `SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (Number(rows[0]?.waiting) > 0) return;
    await delay(5);
  }
}
