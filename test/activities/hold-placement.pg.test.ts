import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHoldPlacementActivities } from '../../activities/hold-placement.ts';
import { raiseFences } from '../../activities/holding/raise-fences.ts';
import { tellRelease } from '../../activities/holding/tell-release.ts';
import { FenceRaised, SealBroken } from '../../domain/errors.ts';
import type { HoldRef } from '../../domain/holds.ts';
import { passFence, readEpoch } from '../../platform/erasure/fence.ts';
import { readActiveHolds } from '../../platform/records/active-holds.ts';
import { TENANT, openHoldsFixture } from './holds-fixture.ts';
import type { HoldsFixture } from './holds-fixture.ts';

let fixture: HoldsFixture;
let activities: ReturnType<typeof createHoldPlacementActivities>;
beforeAll(async () => {
  fixture = await openHoldsFixture();
  activities = createHoldPlacementActivities(fixture.deps);
});
afterAll(() => fixture.close());

const raise = (ref: HoldRef, over = {}) => raiseFences({ ...fixture.deps, ...over }, ref);
const kinds = async (ref: HoldRef) => (await fixture.read(ref)).journal.map(({ kind }) => kind);

async function makeEffective(ref: HoldRef): Promise<void> {
  expect(await raise(ref)).toEqual([]);
  await activities.confirmHold(ref);
}

/** A batch of an erasure that was planned under `epoch`, in a transaction that the test ends. */
async function beginBatch(client: PoolClient, epoch: bigint, erasureId: string, sequence: number): Promise<void> {
  await client.query('BEGIN');
  await passFence(client, TENANT, epoch);
  await client.query(
    `INSERT INTO steward.erasure_ledger (erasure_id, tenant, collection, action, generation, sequence, first_target,
         last_target, rows, keys_digest, epoch)
       VALUES ($1, $2, 'crm.contacts', 'delete', 1, $3, 1, 10, 10, '\\x00', $4)`,
    [erasureId, TENANT, sequence, epoch.toString()],
  );
}

async function beginErasure(): Promise<string> {
  const erasureId = randomUUID();
  await fixture.source.pool.query(
    'INSERT INTO steward.erasures (erasure_id, tenant, generation, epoch) VALUES ($1, $2, 1, 0)',
    [erasureId, TENANT],
  );
  return erasureId;
}

async function waitForLock(): Promise<void> {
  for (;;) {
    const { rows } = await fixture.source.pool.query<{ waiting: string }>(
      `SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (Number(rows[0]?.waiting) > 0) return;
    await delay(5);
  }
}

describe('a hold that is placed', () => {
  it('is effective when every source knows of it, one that is not erased at once, without a look at a record', async () => {
    const told = await fixture.erasure('cooling_off');
    const ref = await fixture.place();
    await makeEffective(ref);
    const hold = await fixture.read(ref);
    expect(hold).toMatchObject({ state: 'effective', effectiveAt: expect.any(Date) });
    expect(hold.sources).toMatchObject([
      { source: 'archive', state: 'effective', erasuresUnderWay: [], erasedBefore: [] },
      { source: 'crm', state: 'effective' },
    ]);
    expect(await kinds(ref)).toEqual(['placed', 'effective_in_source', 'effective_in_source', 'effective']);
    const { rows } = await fixture.own.pool.query('SELECT message FROM steward.outbox WHERE request_id = $1', [
      told.requestId,
    ]);
    expect(rows).toEqual([{ message: 'review' }]);
    // The role has no right to it, so that nothing that reads it could have worked.
    const touched = fixture.deps.sources.withEraser('crm', (client) => client.query('SELECT FROM contacts'));
    await expect(touched).rejects.toThrow(/42501/);
  });

  it('waits for the batch under way, turns the next one back, and says what had been erased by then', async () => {
    const erasureId = await beginErasure();
    const client = await fixture.source.pool.connect();
    try {
      const epoch = await readEpoch(client, TENANT);
      const ref = await fixture.place();
      await beginBatch(client, epoch, erasureId, 1);
      const raised = raise(ref);
      await waitForLock();
      expect(await fixture.read(ref)).toMatchObject({ state: 'pending' });
      await client.query('COMMIT');
      expect(await raised).toEqual([]);
      await expect(beginBatch(client, epoch, erasureId, 2)).rejects.toThrow(FenceRaised);
      await client.query('ROLLBACK');
      const crm = (await fixture.read(ref)).sources.find(({ source }) => source === 'crm');
      expect(crm?.erasuresUnderWay).toEqual([erasureId]);
      expect(crm?.erasedBefore).toEqual([{ erasureId, collection: 'crm.contacts', action: 'delete', rows: 10 }]);
    } finally {
      client.release();
    }
  });

  it('stays pending while a source is away, holds all the same, and keeps no other source from being told', async () => {
    const ref = await fixture.place();
    const failed = await raise(ref, { sources: fixture.unreachable });
    expect(failed).toEqual([{ source: 'crm', problem: 'The source crm is not reachable.' }]);
    await activities.confirmHold(ref);
    const hold = await fixture.read(ref);
    expect([hold.state, ...hold.sources.map(({ state }) => state)]).toEqual(['pending', 'effective', 'pending']);
    const active = await fixture.deps.db.withTenant(ref.workspaceId, (trx) =>
      readActiveHolds(trx, fixture.ring, ref.workspaceId),
    );
    expect(active.map(({ holdId }) => holdId)).toContain(ref.holdId);
    await makeEffective(ref);
    expect((await fixture.read(ref)).state).toBe('effective');
  });

  it('stays pending where the source lacks Steward’s schema, and says which it is', async () => {
    const ref = await fixture.place();
    await fixture.source.pool.query('ALTER SCHEMA steward RENAME TO elsewhere');
    const failed = await raise(ref);
    await fixture.source.pool.query('ALTER SCHEMA elsewhere RENAME TO steward');
    expect(failed).toMatchObject([{ source: 'crm', problem: expect.stringMatching(/SQLSTATE/) }]);
  });

  it('becomes effective once, however often its steps are repeated', async () => {
    const ref = await fixture.place();
    for (let n = 0; n < 3; n += 1) await makeEffective(ref);
    expect((await kinds(ref)).filter((kind) => kind === 'effective')).toHaveLength(1);
  });

  it('is told to no source any more when it was released first', async () => {
    const ref = await fixture.place();
    await fixture.release(ref);
    await makeEffective(ref);
    expect(await fixture.read(ref)).toMatchObject({ state: 'released', effectiveAt: null });
    expect((await fixture.read(ref)).sources.every(({ state }) => state === 'pending')).toBe(true);
  });

  it('stops every plan when it can no longer be told whom it is about', async () => {
    const subject = [{ type: 'email', value: 'ada@example.com', canonical: 'ada@example.com' }];
    const ref = await fixture.place({ subject });
    await fixture.own.pool.query(
      `UPDATE keys.data_keys SET wrapped = NULL, destroyed_at = now()
        WHERE id = (SELECT data_key_id FROM steward.holds WHERE id = $1)`,
      [ref.holdId],
    );
    const read = fixture.deps.db.withTenant(ref.workspaceId, (trx) =>
      readActiveHolds(trx, fixture.ring, ref.workspaceId),
    );
    await expect(read).rejects.toThrow(SealBroken);
    await fixture.release(ref);
  });
});

describe('a hold that is released', () => {
  const reviewAt = async (erasureId: string): Promise<Date | null> => {
    const { rows } = await fixture.own.pool.query<{ review_at: Date | null }>(
      'SELECT review_at FROM steward.erasures WHERE id = $1',
      [erasureId],
    );
    return rows[0]?.review_at ?? null;
  };
  const clear = () => fixture.own.pool.query('DELETE FROM steward.erasures');

  it('has what it kept come up for review at once, and what was planned after it left alone', async () => {
    await clear();
    const ref = await fixture.place();
    const later = new Date(Date.now() + 10 * 365 * 86_400_000);
    const open = await fixture.erasure('partially_completed');
    const dated = await fixture.erasure('partially_completed', { review_at: later });
    const whole = await fixture.erasure('completed');
    await fixture.release(ref);
    const after = await fixture.erasure('partially_completed', { planned_at: new Date(Date.now() + 600_000) });
    expect(await activities.settleRelease(ref)).toEqual({ waiting: 0 });
    const due = [await reviewAt(open.erasureId), await reviewAt(dated.erasureId)];
    for (const at of due) expect(at?.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
    expect([await reviewAt(whole.erasureId), await reviewAt(after.erasureId)]).toEqual([null, null]);
    await activities.settleRelease(ref);
    expect([await reviewAt(open.erasureId), await reviewAt(dated.erasureId)]).toEqual(due);
  });

  it('waits for an erasure that was weighed while it stood, which would otherwise keep its records for good', async () => {
    await clear();
    const ref = await fixture.place();
    const { erasureId, requestId } = await fixture.erasure('erasing');
    await fixture.release(ref);
    expect(await activities.settleRelease(ref)).toEqual({ waiting: 1 });
    await fixture.own.pool.query(
      `UPDATE steward.requests SET status = 'partially_completed', outcome = 'partially_fulfilled', closed_at = now()
        WHERE id = $1`,
      [requestId],
    );
    await fixture.own.pool.query('UPDATE steward.erasures SET closed_at = now() WHERE id = $1', [erasureId]);
    expect(await activities.settleRelease(ref)).toEqual({ waiting: 0 });
    expect(await reviewAt(erasureId)).not.toBeNull();
  });

  it('is told of once, by its id, to the workspace’s contact and to whom the hold names', async () => {
    const ref = await fixture.place({ notifyEmail: 'counsel@harbour.test', matter: 'About Zebedee Quill' });
    await fixture.release(ref);
    fixture.mails.length = 0;
    fixture.mailIsAway = true;
    await expect(tellRelease(fixture.deps, ref)).rejects.toThrow(/mail server/);
    fixture.mailIsAway = false;
    await tellRelease(fixture.deps, ref);
    await tellRelease(fixture.deps, ref);
    expect(fixture.mails.map(({ to }) => to)).toEqual(['privacy@harbour.test', 'counsel@harbour.test']);
    for (const { subject, text } of fixture.mails) {
      expect(`${subject} ${text}`).toContain(ref.holdId);
      expect(`${subject} ${text}`).not.toMatch(/Quill|Nightjar/);
    }
    expect((await fixture.read(ref)).journal.at(-1)).toMatchObject({ kind: 'release_told', details: { mails: 2 } });
  });

  it('that was in confidence is not told of to the controller', async () => {
    const secret = { party: 'processor', visibility: 'processor' } as const;
    const ref = await fixture.place({ ...secret, notifyEmail: 'legal@processor.test' });
    await fixture.release(ref);
    fixture.mails.length = 0;
    await tellRelease(fixture.deps, ref);
    expect(fixture.mails.map(({ to }) => to)).toEqual(['legal@processor.test']);
  });
});
