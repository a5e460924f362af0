/** Rows that are not the person's, that a hold covers, and that refer to what is to be erased: by the real plan and batches. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { preparing } from '../../../activities/erase-records.ts';
import { planErasure } from '../../../activities/erasure-plan.ts';
import { eraseRecords } from '../../../activities/erasing/carry-out.ts';
import type { ConcludeDeps } from '../../../activities/erasing/conclude.ts';
import { forgetFailPoints } from '../../../activities/erasing/fail-points.ts';
import { activateSchedule } from '../../../activities/erasing/schedule-in-force.ts';
import type { Erased } from '../../../domain/erasure.ts';
import type { HoldScope } from '../../../domain/holds.ts';
import type { RequestRef } from '../../../domain/runs.ts';
import { openDatabase } from '../../../platform/database.ts';
import type { Database } from '../../../platform/database.ts';
import { raiseFence } from '../../../platform/erasure/fence.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import { openStorage } from '../../../platform/storage/open.ts';

import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { inRole } from '../../support/database.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import { openLocatingFixture } from '../locating/locating-fixture.ts';
import type { LocatingFixture } from '../locating/locating-fixture.ts';
import { quietControl } from '../packaging/packaging-fixture.ts';

const MAP = mapOf(
  collection(
    'contacts',
    [
      key('id', { data_type: 'integer' }),
      email(),
      field('referred_by', { steward: { not_followed: 'somebody else' } }),
      field('made_on'),
      field('workspace_id'),
    ],
    {
      record_class: 'person',
      dated: 'made_on',
      acknowledged: { counters_contact_id_fkey: 'counters of pages', slots_contact_id_fkey: 'they go with it' },
    },
  ),
  collection('notes', [key('id'), refers('contact_id', 'contacts.id', 'from'), field('workspace_id')], {
    record_class: 'note',
  }),
  // Of no person, so no search goes there.
  collection(
    'slots',
    [key('id'), field('contact_id'), field('workspace_id')],
    { record_class: 'slot' },
    {
      skip_processing: true,
    },
  ),
);

/** Nobody has mapped the counters. */
const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, referred_by int REFERENCES contacts,
    made_on date NOT NULL DEFAULT '2020-01-01');
  CREATE TABLE notes (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts);
  CREATE TABLE slots (id int PRIMARY KEY, workspace_id text NOT NULL, contact_id int REFERENCES contacts ON DELETE CASCADE);
  CREATE TABLE counters (contact_id int REFERENCES contacts ON DELETE SET NULL, n int);
  CREATE INDEX ON contacts (referred_by); CREATE INDEX ON notes (contact_id);
  CREATE INDEX ON slots (contact_id); CREATE INDEX ON counters (contact_id);`;

const JANE = 1;
const BOB = 2;

let base: LocatingFixture;
let owner: Database;
let deps: ConcludeDeps;
let ref: RequestRef;
beforeAll(async () => {
  base = await openLocatingFixture(MAP, SCHEMA);
  await base.source.pool.query(sourceSchema('postgres'));
  const { url } = base.source;
  const storage = openStorage({ kind: 'folder', path: await temporaryHome() });
  const sources = openSources([{ name: 'crm', kind: 'postgres', url, eraseUrl: url }]);
  deps = { ...base.deps, sources, storage };
  owner = openDatabase(inRole(base.own.url, 'steward_owner'));
  const schedule = { name: 'A test', classes: { person: {}, note: {}, slot: {} }, rules: [] };
  await activateSchedule(owner, { name: 'a.yml', text: JSON.stringify({ schedule }) }, MAP, 'a test');
});
afterAll(async () => {
  await Promise.all([owner.close(), deps.sources.close()]);
  await base.close();
});
beforeEach(async () => {
  await base.source.pool.query(`
    TRUNCATE contacts, notes, slots, counters;
    INSERT INTO contacts (id, workspace_id, email, referred_by) VALUES (${JANE}, 'w', 'jane@example.com', NULL), (${BOB}, 'w', 'bob@example.org', ${JANE});`);
  await base.own.pool.query('DELETE FROM steward.holds');
  ref = await base.file([{ type: 'email', value: 'jane@example.com' }]);
  await move('locating', "type = 'erasure',");
});
afterEach(() => {
  delete process.env['STEWARD_FAIL_POINTS'];
  forgetFailPoints();
});

const move = (status: string, more = '') =>
  base.own.pool.query(`UPDATE steward.requests SET ${more} status = $2 WHERE id = $1`, [ref.requestId, status]);

async function hold(scope: HoldScope): Promise<void> {
  await base.own.pool.query(
    `INSERT INTO steward.holds (id, workspace_id, party, visibility, matter, authority, purpose, scope, state, created_by, created_at)
     VALUES ($1, $2, 'processor', 'processor', 'A matter', 'A court', 'legal', $3, 'pending', $4, clock_timestamp())`,
    [randomUUID(), ref.workspaceId, JSON.stringify(scope), base.caller.principal.id],
  );
  const client = await base.source.pool.connect();
  await raiseFence(client, 'w').finally(() => client.release());
}

async function planned(): Promise<Readonly<Record<string, number>>> {
  await move('locating');
  const { erase, pseudonymise, retain } = await planErasure(deps, ref, quietControl());
  return { erase, pseudonymise, retain };
}

/** Of a plan that everybody has approved. */
async function erased(): Promise<Erased['outcome']> {
  await base.own.pool.query('UPDATE steward.decisions SET approvals_needed = 0 WHERE request_id = $1', [ref.requestId]);
  await move('erasing');
  return (await eraseRecords(deps, ref, quietControl(), preparing(deps, ref))).outcome;
}

async function contacts(): Promise<readonly unknown[]> {
  return (await base.source.pool.query('SELECT id, email, referred_by FROM contacts ORDER BY id')).rows;
}

const JANE_REDUCED = [
  { id: JANE, email: null, referred_by: null },
  { id: BOB, email: 'bob@example.org', referred_by: JANE },
];
const BOBS_CONTACT = { records: [{ collection: 'crm.contacts', key: { id: BOB } }] };

describe('a row that a record under a hold refers to', () => {
  it('is reduced and stays, and the record keeps its reference', async () => {
    await hold(BOBS_CONTACT);
    expect(await planned()).toEqual({ erase: 0, pseudonymise: 1, retain: 0 });
    expect(await erased()).toBe('erased');
    expect(await contacts()).toEqual(JANE_REDUCED);
  });

  it('goes when there is no hold, and the reference is emptied', async () => {
    expect(await planned()).toEqual({ erase: 1, pseudonymise: 0, retain: 0 });
    expect(await erased()).toBe('erased');
    expect(await contacts()).toEqual([{ id: BOB, email: 'bob@example.org', referred_by: null }]);
  });

  it('goes when the hold covers other records', async () => {
    await hold({ records: [{ collection: 'crm.contacts', key: { id: 77 } }] });
    expect(await planned()).toMatchObject({ erase: 1 });
  });

  it('stays when the hold was placed between the plan and its batches', async () => {
    await planned();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erased()).rejects.toThrow(/fail-point/);
    delete process.env['STEWARD_FAIL_POINTS'];
    forgetFailPoints();
    await hold(BOBS_CONTACT);
    expect(await erased()).toBe('stale');
    expect(await contacts()).toHaveLength(2);
    expect(await planned()).toEqual({ erase: 0, pseudonymise: 1, retain: 0 });
    expect(await erased()).toBe('erased');
    expect(await contacts()).toEqual(JANE_REDUCED);
  });

  it('stays when it is the person’s own record that the hold covers', async () => {
    await base.source.pool.query(`INSERT INTO notes VALUES (7, 'w', ${JANE})`);
    await hold({ classes: ['note'] });
    expect(await planned()).toEqual({ erase: 0, pseudonymise: 1, retain: 1 });
    expect(await erased()).toBe('erased');
    expect(await contacts()).toEqual(JANE_REDUCED);
    expect((await base.source.pool.query('SELECT contact_id FROM notes')).rows).toEqual([{ contact_id: JANE }]);
  });
});

describe('a cascade that the map acknowledges', () => {
  it('does not reach a record of a collection that nobody searches while a hold covers it', async () => {
    await base.source.pool.query(`INSERT INTO slots VALUES (5, 'w', ${JANE})`);
    await hold({ classes: ['slot'] });
    expect(await planned()).toEqual({ erase: 0, pseudonymise: 1, retain: 0 });
    expect(await erased()).toBe('erased');
    expect((await base.source.pool.query('SELECT id FROM slots')).rows).toEqual([{ id: 5 }]);
  });

  it('does not reach a table that is not in the map while a hold covers a time whatever arose in it', async () => {
    await base.source.pool.query(`INSERT INTO counters VALUES (${JANE}, 3); DELETE FROM contacts WHERE id = ${BOB}`);
    await hold({ classes: ['note'] });
    expect(await planned()).toMatchObject({ erase: 1 });
    await hold({ dates: { from: '2025-01-01' } });
    expect(await planned()).toEqual({ erase: 0, pseudonymise: 1, retain: 0 });
    expect(await erased()).toBe('erased');
    expect((await base.source.pool.query('SELECT * FROM counters')).rows).toEqual([{ contact_id: JANE, n: 3 }]);
  });
});
