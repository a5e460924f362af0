import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetFailPoints } from '../../../activities/erasing/fail-points.ts';
import { raiseFence } from '../../../platform/erasure/fence.ts';
import { leafKey } from '../../../platform/leaf-key.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { RETAIN, ledgerOf, openErasingFixture, reduce } from './erasing-fixture.ts';
import type { ErasingFixture } from './erasing-fixture.ts';

const user = (name: string, meta = {}) => field(name, meta, { data_categories: ['user.content'] });

const MAP = mapOf(
  collection(
    'contacts',
    [
      key('id', { data_type: 'integer' }),
      field('workspace_id', {}, { data_categories: ['system.operations'] }),
      { ...email(), data_categories: ['user.contact.email'] },
      user('name'),
      field('referred_by', { steward: { not_followed: 'somebody else' } }, { data_categories: ['user.unique_id'] }),
      refers('primary_deal', 'deals.id', 'to'),
      field('restricted_at', {}, { data_categories: ['system.operations'] }),
    ],
    { restriction: 'restricted_at' },
  ),
  collection('deals', [key('id'), field('workspace_id'), refers('contact_id', 'contacts.id', 'from'), user('title')]),
  collection('notes', [
    key('contact_id', { references: [{ dataset: 'crm', field: 'contacts.id', direction: 'from' }] }),
    key('line'),
    field('workspace_id'),
    user('body'),
  ]),
  collection('visits', [key('id'), field('workspace_id'), refers('contact_id', 'contacts.id', 'from'), user('page')]),
);

const SCHEMA = `
  CREATE TABLE contacts (id integer PRIMARY KEY, workspace_id text NOT NULL, person integer NOT NULL, email text,
    name text NOT NULL, referred_by integer REFERENCES contacts, primary_deal integer, restricted_at timestamptz);
  CREATE TABLE deals (id integer PRIMARY KEY, workspace_id text NOT NULL, person integer NOT NULL,
    contact_id integer NOT NULL REFERENCES contacts, title text NOT NULL);
  ALTER TABLE contacts ADD FOREIGN KEY (primary_deal) REFERENCES deals;
  CREATE TABLE notes (contact_id integer REFERENCES contacts ON DELETE CASCADE, line varchar(20), workspace_id text NOT NULL,
    person integer NOT NULL, body text NOT NULL, PRIMARY KEY (contact_id, line));
  CREATE TABLE visits (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), workspace_id text NOT NULL, person integer NOT NULL,
    contact_id integer, page text NOT NULL);
`;

/** Two people and a bystander of another workspace, each with rows everywhere; contacts refer to each other. */
const PEOPLE = `
  TRUNCATE contacts, deals, notes, visits, steward.erasure_ledger, steward.erasures, steward.erasure_targets;
  INSERT INTO contacts SELECT p * 10 + i, CASE p WHEN 3 THEN 'x' ELSE 'w' END, p, 'a@example.com', 'Maya'
    FROM generate_series(1, 3) p, generate_series(0, 2) i;
  UPDATE contacts SET referred_by = id + 1 WHERE id % 10 < 2;
  UPDATE contacts SET referred_by = 12 WHERE id = 22;
  INSERT INTO deals SELECT id, workspace_id, person, id, 'House' FROM contacts;
  UPDATE contacts SET primary_deal = id;
  INSERT INTO notes SELECT id, 'é"' || i, workspace_id, person, 'text' FROM contacts, generate_series(1, 3) i;
  INSERT INTO visits (workspace_id, person, contact_id, page)
    SELECT workspace_id, person, id, '/' FROM contacts, generate_series(1, 700);
`;

let fixture: ErasingFixture;
beforeAll(async () => {
  fixture = await openErasingFixture(MAP, SCHEMA);
});
afterAll(() => fixture.close());
beforeEach(() => fixture.source.pool.query(PEOPLE));
afterEach(() => {
  delete process.env['STEWARD_FAIL_POINTS'];
  forgetFailPoints();
});

async function left(person = 1): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of ['contacts', 'deals', 'notes', 'visits']) {
    const { rows } = await fixture.source.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE person = $1`,
      [person],
    );
    counts[table] = rows[0]?.n ?? 0;
  }
  return counts;
}

const NOTHING = { contacts: 0, deals: 0, notes: 0, visits: 0 };
const ALL = { contacts: 3, deals: 3, notes: 9, visits: 2100 };
const erased = (rows: number, more = {}) => ({ rows, gone: 0, changed: 0, detached: 0, ...more });

describe('an approved erasure', () => {
  it('deletes the rows of the person, through circles and references to themselves, and nobody else', async () => {
    const erasure = await fixture.open();
    expect(await erasure.erase()).toEqual({ outcome: 'erased', erased: 2115, pseudonymised: 0 });
    expect(await left(1)).toEqual(NOTHING);
    expect([await left(2), await left(3)]).toEqual([ALL, ALL]);
    expect(await ledgerOf(fixture, erasure.erasureId)).toEqual({
      'contacts:delete': erased(3, { detached: 1 }),
      'deals:delete': erased(3),
      'notes:delete': erased(9),
      'visits:delete': erased(2100),
    });
  });

  it('says how far it is, of how many records, also when it goes on after a failure', async () => {
    const erasure = await fixture.open({ contacts: RETAIN, deals: reduce() });
    const shown = async () => {
      const { rows } = await fixture.own.pool.query<{ rows: string; of: string }>(
        'SELECT erasing_rows AS rows, erasing_of AS "of" FROM steward.erasures WHERE id = $1',
        [erasure.erasureId],
      );
      return [rows[0]?.rows, rows[0]?.of];
    };
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.before_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    expect(await shown()).toEqual([null, null]);
    forgetFailPoints();
    process.env['STEWARD_FAIL_POINTS'] = 'erase.batch.after_commit@1=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    expect(await shown()).toEqual(['3', '2115']);
    expect((await erasure.erase()).outcome).toBe('erased');
    expect(await shown()).toEqual(['2115', '2115']);
  });

  it('empties the reference of somebody else to a row that goes', async () => {
    await (await fixture.open()).erase();
    const { rows } = await fixture.source.pool.query('SELECT referred_by FROM contacts WHERE id = 22');
    expect(rows).toEqual([{ referred_by: null }]);
  });

  it('keeps keyed hashes of exactly what it erased, as node:crypto makes them', async () => {
    const erasure = await fixture.open();
    await erasure.erase();
    const { rows } = await fixture.source.pool.query<{ leaf: Buffer }>(
      `SELECT unnest(leaves) AS leaf FROM steward.erasure_targets WHERE collection = 'crm.notes'`,
    );
    const secret = leafKey(fixture.deps.ring.current('tombstone'), erasure.workspaceId);
    const leaf = (contact: number, line: string) =>
      createHmac('sha256', secret)
        .update(`["crm.notes", "${contact}", ${JSON.stringify(line)}]`)
        .digest('hex');
    const expected = [10, 11, 12].flatMap((contact) => [1, 2, 3].map((i) => leaf(contact, `é"${i}`)));
    expect(rows.map(({ leaf: each }) => each.toString('hex')).sort()).toEqual(expected.sort());
  });

  it('leaves a row that was changed since, for a new plan, which erases it', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await fixture.source.pool.query(
      `UPDATE visits SET page = '/new' WHERE id = (SELECT id FROM visits WHERE person = 1 LIMIT 1)`,
    );
    await fixture.source.pool.query(
      `DELETE FROM visits WHERE id = (SELECT id FROM visits WHERE person = 1 AND page = '/' LIMIT 1)`,
    );
    expect(await erasure.erase()).toEqual({ outcome: 'stale', erased: 2113, pseudonymised: 0 });
    expect(await left(1)).toEqual({ ...NOTHING, visits: 1 });
    await erasure.plan();
    expect(await erasure.erase()).toEqual({ outcome: 'erased', erased: 2114, pseudonymised: 0 });
    expect((await ledgerOf(fixture, erasure.erasureId))['visits:delete']).toEqual(
      erased(2099, { gone: 1, changed: 1 }),
    );
  });

  it('is turned back by a hold that comes between two batches', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'erase.batch.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    const client = await fixture.source.pool.connect();
    await raiseFence(client, 'w');
    client.release();
    const before = await left(1);
    expect((await erasure.erase()).outcome).toBe('stale');
    expect(await left(1)).toEqual(before);
  });

  it('writes nothing when there is more than was approved', async () => {
    const erasure = await fixture.open();
    await fixture.source.pool.query(`INSERT INTO visits (workspace_id, person, page) VALUES ('w', 1, '/late')`);
    expect(await erasure.erase()).toEqual({ outcome: 'stale', erased: 0, pseudonymised: 0 });
    const { rowCount } = await fixture.source.pool.query('SELECT FROM steward.erasure_targets');
    expect(rowCount).toBe(0);
    expect(await left(1)).toEqual({ ...ALL, visits: 2101 });
  });

  it('is stale when a row appears that would go with another by a cascade', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await fixture.source.pool.query(`INSERT INTO notes VALUES (10, 'late', 'w', 1, 'text')`);
    expect((await erasure.erase()).outcome).toBe('stale');
    expect(await left(1)).toEqual({ ...NOTHING, contacts: 3, notes: 1 });
  });

  it('is stale when a row appears that refers to one and cannot do without', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await fixture.source.pool.query(`INSERT INTO deals VALUES (99, 'w', 2, 10, 'late')`);
    expect((await erasure.erase()).outcome).toBe('stale');
    expect((await left(1)).contacts).toBe(3);
  });
});

describe('what is retained', () => {
  it('is marked as restricted where the map has a column, and keeps its mark', async () => {
    const erasure = await fixture.open({ contacts: RETAIN, deals: RETAIN });
    await fixture.source.pool.query(`UPDATE contacts SET restricted_at = '2020-01-01' WHERE id = 10`);
    await erasure.plan();
    expect(await erasure.erase()).toEqual({ outcome: 'erased', erased: 2109, pseudonymised: 0 });
    const { rows } = await fixture.source.pool.query(
      'SELECT person, count(restricted_at)::int AS marked FROM contacts GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual([
      { person: 1, marked: 3 },
      { person: 2, marked: 0 },
      { person: 3, marked: 0 },
    ]);
    expect((await ledgerOf(fixture, erasure.erasureId))['contacts:restrict']).toEqual(erased(2));
  });

  it('is reduced to the columns that its grounds keep', async () => {
    const erasure = await fixture.open({ contacts: reduce('email'), deals: reduce() });
    expect(await erasure.erase()).toEqual({ outcome: 'erased', erased: 2109, pseudonymised: 6 });
    const { rows } = await fixture.source.pool.query(
      `SELECT email, name, referred_by, primary_deal, restricted_at IS NOT NULL AS marked FROM contacts WHERE person = 1`,
    );
    const row = { email: 'a@example.com', name: '[erased]', referred_by: null, primary_deal: null, marked: true };
    expect(rows).toEqual([row, row, row]);
    const deals = await fixture.source.pool.query('SELECT DISTINCT title FROM deals WHERE person = 1');
    expect(deals.rows).toEqual([{ title: '[erased]' }]);
  });
});

describe('a worker that dies', () => {
  const POINTS = ['freeze.before_commit', 'freeze.after_commit'].concat(
    ['before_write', 'before_commit', 'after_commit'].flatMap((at) => [1, 2, 5].map((n) => `erase.batch.${at}@${n}`)),
  );

  it.each(POINTS)('at %s leaves ledger and data equal, and the next goes on to the end', async (point) => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = `${point}=throw`;
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    const [rest, ledger] = [await left(1), await ledgerOf(fixture, erasure.erasureId)];
    for (const [table, all] of Object.entries(ALL))
      expect((ledger[`${table}:delete`]?.rows ?? 0) + (rest[table] ?? 0)).toBe(all);
    expect(await erasure.erase()).toEqual({ outcome: 'erased', erased: 2115, pseudonymised: 0 });
    expect(await left(1)).toEqual(NOTHING);
  });

  it('is met by another that works on the same erasure, and no row is counted twice', async () => {
    const erasure = await fixture.open();
    process.env['STEWARD_FAIL_POINTS'] = 'freeze.after_commit=throw';
    await expect(erasure.erase()).rejects.toThrow(/fail-point/);
    await Promise.all([erasure.erase(), erasure.erase()]);
    const { rows } = await fixture.source.pool.query(
      `SELECT sum(rows)::int AS rows, sum(gone)::int AS gone FROM steward.erasure_ledger WHERE erasure_id = $1`,
      [erasure.erasureId],
    );
    expect(rows).toEqual([{ rows: 2115, gone: 0 }]);
  });
});
