/** Older backups of Steward's database and of a source are restored, and Steward is started on them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchAllWorkspaces } from '../../../activities/raw-search.ts';
import { openDatabase } from '../../../platform/database.ts';
import { isBehindJournal } from '../../../platform/journal/head.ts';
import { placeHold } from '../../../platform/records/hold-placing.ts';
import type { NewHold } from '../../../platform/records/hold-placing.ts';
import { readActiveHolds } from '../../../platform/records/active-holds.ts';
import { inRole } from '../../support/database.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';
import { openRestoredFixture } from './restored-fixture.ts';
import type { Person, RestoredFixture } from './restored-fixture.ts';

let site: RestoredFixture;

beforeAll(async () => {
  site = await openRestoredFixture();
});

afterAll(() => site.close());

const GONE = { contacts: 0, notes: 0, named_invoices: 0, invoices: 1 };
const THERE = { contacts: 1, notes: 20, named_invoices: 1, invoices: 1 };

const HOLD: NewHold = {
  party: 'controller',
  visibility: 'controller',
  matter: 'Harbour v Nightjar',
  authority: 'General counsel',
  purpose: 'legal',
  subject: [],
  scope: {},
};

async function hold(more: Partial<NewHold>): Promise<string> {
  const app = openDatabase(inRole(site.own.url, 'steward_app'));
  const repeat = { operation: 'a test', key: randomUUID(), digests: [Buffer.alloc(32)] as const };
  try {
    return await placeHold(app, site.deps.ring, site.base.caller, { ...HOLD, ...more }, repeat);
  } finally {
    await app.close();
  }
}

const replays = async (one: Person) =>
  (
    await site.own.pool.query<Record<string, unknown>>(
      `SELECT r.records::int, r.held::int, r.left_over::int FROM steward.replays r JOIN steward.erasures e ON e.id = r.erasure_id
        WHERE e.request_id = $1 ORDER BY r.finished_at`,
      [one.ref.requestId],
    )
  ).rows;

/** Databases are copied, made and migrated: on a busy machine that takes its time. */
const PATIENCE = { timeout: 240_000 };

describe('a source that was restored from before an erasure', PATIENCE, () => {
  it('has the person erased again, which a supplementary certificate says, once', async () => {
    const one = await site.person();
    const restore = await site.backUpSource();
    await site.erase(one);
    expect(await site.rowsOf(one)).toEqual(GONE);
    await restore();
    expect(await site.rowsOf(one)).toEqual(THERE);

    expect(await site.start()).toEqual({ entries: 0, erasures: 1, left: 0 });
    expect(await site.rowsOf(one)).toEqual(GONE);
    const certificates = await site.certificates(one);
    expect(certificates).toMatchObject([
      { kind: 'erasure', result: 'partially_erased' },
      {
        kind: 'supplement',
        result: 'partially_erased',
        supplements: certificates[0]?.certificateId,
        replay: { restored: 'crm', source: 'crm' },
        totals: { erased: 21, pseudonymised: 1 },
        evidence: { leaves: 22 },
        verification: { result: 'passed', expected: 0, searched: { records: 22 } },
      },
    ]);
    expect(await replays(one)).toEqual([{ records: 22, held: 0, left_over: 0 }]);

    expect(await site.start()).toEqual({ entries: 0, erasures: 0, left: 0 });
    expect(await site.certificates(one)).toHaveLength(2);
  });

  it('keeps what came of the person after the erasure, and what was never erased', async () => {
    const [one, other] = [await site.person(), await site.person()];
    const restore = await site.backUpSource();
    await site.erase(one);
    await restore();
    await site.source.pool.query("INSERT INTO contacts VALUES ($1, 'w', $2, 'Back again')", [one.id + 5000, one.email]);
    expect(await site.start()).toMatchObject({ erasures: 1, left: 0 });
    expect(await site.rowsOf(one)).toEqual({ ...GONE, contacts: 1 });
    const { rows } = await site.source.pool.query('SELECT id FROM contacts WHERE email = $1', [one.email]);
    expect(rows).toEqual([{ id: one.id + 5000 }]);
    expect(await site.rowsOf(other)).toEqual(THERE);
  });

  it('keeps what a hold covers that was placed since, and the certificate says that it is kept', async () => {
    const one = await site.person();
    const restore = await site.backUpSource();
    await site.erase(one);
    await hold({ scope: { records: [{ collection: 'crm.notes', key: { id: one.id * 1000 + 1 } }] } });
    await restore();
    expect(await site.start()).toMatchObject({ erasures: 1, left: 0 });
    expect(await site.rowsOf(one)).toMatchObject({ notes: 1, contacts: 1 });
    expect((await replays(one))[0]).toMatchObject({ held: 2, left_over: 0 });
    const supplement = (await site.certificates(one)).at(-1);
    expect(supplement).toMatchObject({ kind: 'supplement', totals: { erased: 19, pseudonymised: 1 } });
    expect(supplement?.retained.items).toEqual(
      expect.arrayContaining([expect.objectContaining({ recordClass: 'note', decision: 'retain', rows: 1 })]),
    );
  });

  it('goes on where a replay had died, and is searched in every text afterwards as any erasure is', async () => {
    const one = await site.person();
    const restore = await site.backUpSource();
    await site.erase(one);
    await restore();
    process.env['STEWARD_FAIL_POINTS'] = 'erase.batch.after_commit=throw';
    await expect(site.start()).rejects.toThrow('fail-point');
    delete process.env['STEWARD_FAIL_POINTS'];
    expect(await site.start()).toMatchObject({ erasures: 1, left: 0 });
    expect(await site.rowsOf(one)).toEqual(GONE);
    expect(await replays(one)).toEqual([{ records: 22, held: 0, left_over: 0 }]);
    await searchAllWorkspaces(site.deps, quietControl());
    const certificates = await site.certificates(one);
    expect(certificates.map(({ kind }) => kind)).toEqual(['erasure', 'supplement', 'supplement']);
    expect(certificates.at(-1)).toMatchObject({ verification: { method: 'raw_search' }, evidence: { leaves: 22 } });
  });
});

describe('a database of ours that was restored', PATIENCE, () => {
  it('is not open until it has the holds, withdrawals and erasures of since, and nothing is done twice', async () => {
    const [one, withdrawn] = [await site.person(), await site.person()];
    const [restoreOwn, restoreSource] = [await site.backUpOwn(), await site.backUpSource()];
    await site.erase(one);
    const held = { collection: 'crm.notes', key: { id: withdrawn.id * 1000 + 1 } };
    const holdId = await hold({ scope: { records: [held] } });
    await site.own.pool.query(
      "UPDATE steward.requests SET status = 'cancelled', outcome = 'withdrawn', closed_at = now() WHERE id = $1",
      [withdrawn.ref.requestId],
    );
    const later = await site.person();
    await site.own.pool.query(
      "UPDATE steward.requests SET status = 'cancelled', outcome = 'withdrawn', closed_at = now() WHERE id = $1",
      [later.ref.requestId],
    );
    await site.writeJournal();
    const before = await site.certificates(one);
    await restoreOwn();
    await restoreSource();
    expect(await isBehindJournal(site.deps.db, site.deps)).toBe(true);

    expect(await site.start()).toMatchObject({ erasures: 1, left: 0 });
    expect(await isBehindJournal(site.deps.db, site.deps)).toBe(false);
    expect(await site.rowsOf(one)).toEqual(GONE);
    const { rows } = await site.own.pool.query<{ id: string; status: string; outcome: string }>(
      'SELECT id, status, outcome FROM steward.requests WHERE id = ANY ($1)',
      [[one, withdrawn, later].map(({ ref }) => ref.requestId)],
    );
    const statusOf = new Map(rows.map(({ id, status }) => [id, status]));
    expect(statusOf.get(one.ref.requestId)).toBe('partially_completed');
    expect(statusOf.get(withdrawn.ref.requestId)).toBe('cancelled');
    expect(statusOf.get(later.ref.requestId)).toBe('cancelled');
    const holds = await site.deps.db.withTenant(site.base.caller.workspaceId, (trx) =>
      readActiveHolds(trx, site.deps.ring, site.base.caller.workspaceId),
    );
    expect(holds.map((each) => each.holdId)).toContain(holdId);
    const certificates = await site.certificates(one);
    expect(certificates.slice(0, before.length)).toEqual(before);
    expect(certificates.slice(before.length)).toMatchObject([{ kind: 'supplement', replay: { source: 'crm' } }]);

    expect(await site.writeJournal()).toBeGreaterThan(0);
    expect(await site.start()).toEqual({ entries: 0, erasures: 0, left: 0 });
    expect(await site.certificates(one)).toHaveLength(before.length + 1);
  });

  it('that nothing was decided since is as it was', async () => {
    await site.writeJournal();
    const restore = await site.backUpOwn();
    await restore();
    expect(await isBehindJournal(site.deps.db, site.deps)).toBe(false);
    expect(await site.start()).toEqual({ entries: 0, erasures: 0, left: 0 });
  });
});
