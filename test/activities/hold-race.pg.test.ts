/**
 * Holds that are placed while records are erased, with connections cut at random on both sides: from the moment at which a
 * hold is effective nothing goes that it covers, and what had gone before it was told of (design rule 3).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raiseFences } from '../../activities/holding/raise-fences.ts';
import { FenceRaised } from '../../domain/errors.ts';
import type { HoldRef } from '../../domain/holds.ts';
import { passFence, readEpoch } from '../../platform/erasure/fence.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import { confirmEffective } from '../../platform/records/hold-fences.ts';
import { TENANT, openHoldsFixture } from './holds-fixture.ts';
import type { HoldsFixture } from './holds-fixture.ts';

/** More of them where there is time: `STEWARD_RACES=5000`. */
const RACES = Number(process.env['STEWARD_RACES'] ?? 40);
const RECORDS = 24;
/** Of a plan, if nothing turns them back. */
const BATCHES = 5;
const MOST_PLANS = 6;

let fixture: HoldsFixture;
let product: Pool;
const met = { turnedBack: 0, cut: 0, tooLate: 0 };

beforeAll(async () => {
  fixture = await openHoldsFixture();
  product = new Pool({ connectionString: fixture.source.url, max: 4, application_name: 'steward-product' });
  product.on('error', ignore);
});
afterAll(async () => {
  await Promise.all(cuts);
  await product.end();
  await fixture.close();
});

const ignore = (): void => undefined;
const cuts = new Set<Promise<void>>();

/** Ends whatever Steward or an erasure has open in the source just then; what the test itself looks at is left alone. */
async function cutSomething(): Promise<void> {
  await delay(Math.random() * 12);
  const { rowCount } = await fixture.source.pool.query(
    `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND state <> 'idle' AND application_name LIKE 'steward%'
       ORDER BY random() LIMIT 1) one`,
  );
  met.cut += rowCount ?? 0;
}

function cutLater(): void {
  const cut = cutSomething().finally(() => {
    cuts.delete(cut);
  });
  cuts.add(cut);
}

async function heldIds(): Promise<readonly number[]> {
  const { deps, ring, workspaceId } = fixture;
  const holds = await deps.db.withTenant(workspaceId, (trx) => readActiveHolds(trx, ring, workspaceId));
  return holds.flatMap(({ scope }) => (scope.records ?? []).map(({ key }) => Number(key['id'])));
}

async function withProduct<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await product.connect();
  client.on('error', ignore);
  let isSound = false;
  try {
    const result = await work(client);
    isSound = true;
    return result;
  } finally {
    client.off('error', ignore);
    client.release(!isSound);
  }
}

/** Of the records of one race, which come after those of the ones before. */
interface Erasure {
  readonly erasureId: string;
  readonly after: number;
}

/** What an erasure does, in small: a plan by the epoch and then the holds, and batches behind the fence. */
async function eraseByOnePlan(erasure: Erasure, plan: number): Promise<void> {
  const epoch = await withProduct((client) => readEpoch(client, TENANT));
  const held = await heldIds();
  for (let batch = 1; batch <= BATCHES; batch += 1) {
    await delay(Math.random() * 8);
    await withProduct((client) => eraseBatch(client, epoch, held, { ...erasure, sequence: plan * BATCHES + batch }));
  }
}

async function eraseBatch(
  client: PoolClient,
  epoch: bigint,
  held: readonly number[],
  { erasureId, after, sequence }: Erasure & { readonly sequence: number },
): Promise<void> {
  await client.query('BEGIN');
  await passFence(client, TENANT, epoch);
  const { rowCount } = await client.query(
    'DELETE FROM contacts WHERE id = (SELECT id FROM contacts WHERE id <> ALL ($1) AND id > $2 ORDER BY id LIMIT 1)',
    [held, after],
  );
  if (rowCount === 1) {
    await client.query(
      `INSERT INTO steward.erasure_ledger (erasure_id, tenant, collection, action, generation, sequence, first_target,
           last_target, rows, keys_digest, epoch)
         VALUES ($1, $2, 'crm.contacts', 'delete', 1, $3, 1, 1, 1, '\\x00', $4)`,
      [erasureId, TENANT, sequence, epoch.toString()],
    );
  }
  await client.query('COMMIT');
}

/** A raised fence and a cut connection are the race's own; anything else is a defect. */
function onlyExpected(error: unknown): void {
  if (error instanceof FenceRaised) met.turnedBack += 1;
  else if (!/terminat|connection|57P01/i.test(String(error))) throw error;
}

async function makeEffective(ref: HoldRef): Promise<void> {
  while ((await raiseFences(fixture.deps, ref)).length > 0);
  await fixture.deps.db.withTenant(ref.workspaceId, (trx) => confirmEffective(trx, ref));
}

/** Until as many are gone; at most as many as there are, for cuts can end an erasure early. */
async function untilErased(first: number, most: number, isOver: () => boolean): Promise<void> {
  for (;;) {
    const { rowCount } = await fixture.source.pool.query('SELECT FROM contacts WHERE id > $1', [first]);
    if (RECORDS - (rowCount ?? 0) >= most || isOver()) return;
    await delay(2);
  }
}

const isThere = async (id: number): Promise<boolean> =>
  (await fixture.source.pool.query('SELECT FROM contacts WHERE id = $1', [id])).rowCount === 1;

async function race(round: number): Promise<void> {
  const first = round * RECORDS;
  await fixture.source.pool.query('INSERT INTO contacts SELECT $1::int + i, $2 FROM generate_series(1, $3) i', [
    first,
    TENANT,
    RECORDS,
  ]);
  const erasureId = randomUUID();
  let plansLeft = MOST_PLANS;
  let isOver = false;
  const erasing = (async () => {
    for (let plan = 0; plansLeft > 0; plan += 1) {
      plansLeft -= 1;
      if (Math.random() < 0.4) cutLater();
      await eraseByOnePlan({ erasureId, after: first }, plan).catch(onlyExpected);
    }
    isOver = true;
  })();
  // Told by the test, when it is over.
  erasing.catch(() => undefined);
  // The hold comes when some are gone, of the half that is erased first, so that the two meet however slow both are.
  const most = Math.floor((Math.random() * RECORDS) / 2);
  await untilErased(first, most, () => isOver);
  await delay(Math.random() * 8);
  const id = first + 1 + Math.floor((Math.random() * RECORDS) / 2);
  const ref = await fixture.place({ scope: { records: [{ collection: 'crm.contacts', key: { id } }] } });
  if (Math.random() < 0.3) cutLater();
  await makeEffective(ref);
  const wasThere = await isThere(id);
  plansLeft = Math.min(plansLeft, 1);
  await erasing;
  expect(await isThere(id)).toBe(wasThere);
  if (!wasThere) await expectTold(ref, erasureId);
  await fixture.release(ref);
}

async function expectTold(ref: HoldRef, erasureId: string): Promise<void> {
  met.tooLate += 1;
  const crm = (await fixture.read(ref)).sources.find(({ source }) => source === 'crm');
  const told = crm?.erasedBefore.filter((each) => each.erasureId === erasureId) ?? [];
  expect(told.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(0);
}

describe('a hold that is placed while records are erased', () => {
  it(`loses nothing once it is effective, and is told of what went before, in ${RACES} races`, async () => {
    for (let round = 0; round < RACES; round += 1) await race(round);
    // Otherwise the two never met, and nothing was proved.
    expect(met.turnedBack).toBeGreaterThan(0);
    expect(met.cut).toBeGreaterThan(0);
    expect(met.tooLate).toBeGreaterThan(0);
  }, 600_000);
});
