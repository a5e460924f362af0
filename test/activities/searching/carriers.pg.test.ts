/** The two carriers beside each other, the second where the first cannot be: no writing, no temporary tables. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSnapshot } from '../../../activities/plan-runner.ts';
import { jsonReading, mediaReading } from '../../../data-map/copy.ts';
import type { Reading } from '../../../data-map/copy.ts';
import { planSearch } from '../../../data-map/plan.ts';
import type { PlannedCollection } from '../../../data-map/plan.ts';
import type { CarrierName } from '../../../platform/sources.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { copied, foundIn } from '../../data-map/source.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const EVENTS = 4_500;
const jane = { type: 'email', value: 'jane@example.com' };
const plan = planSearch(
  mapOf(
    collection('contacts', [key('id'), email()]),
    collection(
      'events',
      [
        key('id'),
        key('part'),
        refers('contact_id', 'contacts.id', 'from'),
        field('body'),
        field('meta'),
        field('amount'),
        field('at'),
        field('object'),
      ],
      { media: [{ column: 'object', store: 'files' }] },
    ),
    collection('replies', [
      key('id'),
      refers('event_id', 'events.id', 'from'),
      refers('reply_to', 'replies.id', 'from'),
    ]),
  ),
  'crm',
  [jane],
);

let db: TestDatabase;
let reader: Pool;
const role = `reader_${randomUUID().replaceAll('-', '')}`;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE contacts (id uuid PRIMARY KEY, workspace_id int NOT NULL, email text);
    CREATE TABLE events (id text, part char(3), workspace_id int NOT NULL, contact_id uuid, body text, meta json,
                         amount numeric(12, 2), at timestamptz, object text, PRIMARY KEY (id, part));
    CREATE TABLE replies (id bigint PRIMARY KEY, workspace_id int NOT NULL, event_id varchar(40), reply_to bigint);
    INSERT INTO contacts VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 1, 'jane@example.com'),
                                ('aaaaaaaa-0000-4000-8000-000000000002', 1, 'john@example.com'),
                                ('aaaaaaaa-0000-4000-8000-000000000003', 2, 'jane@example.com');
    INSERT INTO events SELECT
      CASE n % 3 WHEN 0 THEN 'É' WHEN 1 THEN 'e' ELSE '_Z' END || n, n % 7, 1, 'aaaaaaaa-0000-4000-8000-000000000001',
      (ARRAY[NULL, '', 'a, "quoted" text', E'two\\r\\nlines', '=1+1', '\\.', ' x '])[n % 7 + 1],
      E'{"n":\\n [1,\\r\\n 2]}', n / 3.0, '2026-01-01'::timestamptz + n * interval '1 hour',
      CASE WHEN n % 100 = 0 THEN 'o/' || n END
      FROM generate_series(1, ${EVENTS}) n;
    INSERT INTO events (id, part, workspace_id, contact_id) VALUES
      ('john', '1', 1, 'aaaaaaaa-0000-4000-8000-000000000002'), ('other', '1', 2, 'aaaaaaaa-0000-4000-8000-000000000001');
    INSERT INTO replies SELECT n, 1, CASE WHEN n <= 10 THEN id END, CASE WHEN n > 10 THEN n - 10 END
      FROM (SELECT row_number() OVER (ORDER BY id) AS n, id FROM events WHERE contact_id = 'aaaaaaaa-0000-4000-8000-000000000001' AND workspace_id = 1 LIMIT 100) e;
    INSERT INTO replies VALUES (1001, 2, NULL, 1), (1002, 1, 'john', NULL);
    ANALYZE`);
  const { rows } = await db.pool.query<{ name: string }>('SELECT quote_ident(current_database()) AS name');
  await db.pool.query(`
    REVOKE TEMPORARY ON DATABASE ${rows[0]?.name} FROM PUBLIC;
    CREATE ROLE ${role} LOGIN PASSWORD 'reader';
    ALTER ROLE ${role} SET default_transaction_read_only = on;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const url = new URL(db.url);
  url.username = role;
  url.password = 'reader';
  reader = new Pool({ connectionString: url.href, max: 1 });
});
afterAll(async () => {
  await reader.end();
  await db.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await db.drop();
});

async function on<T>(pool: Pool, carrier: CarrierName, work: Parameters<typeof withSnapshot<T>>[3]): Promise<T> {
  const client = await pool.connect();
  let failed = true;
  try {
    const result = await withSnapshot(client, plan, '1', work, carrier);
    failed = false;
    return result;
  } finally {
    client.release(failed);
  }
}

describe('bound arrays', () => {
  it('find the same rows as temporary tables', async () => {
    const expected = await on(db.pool, 'temp_tables', foundIn);
    expect(Object.values(expected).map((keys) => keys.length)).toEqual([1, EVENTS, 100]);
    expect(await on(db.pool, 'bound_arrays', foundIn)).toEqual(expected);
  });

  it('serve a role that may neither write nor make temporary tables, as a standby does', async () => {
    const denied = on(reader, 'temp_tables', async ({ counts }) => counts);
    await expect(denied).rejects.toThrow(
      /^The source crm refused creating the key table of crm\.contacts: SQLSTATE 42501/,
    );
    const counts = await on(reader, 'bound_arrays', async (snapshot) => snapshot.counts);
    expect(counts).toEqual({ 'crm.contacts': 1, 'crm.events': EVENTS, 'crm.replies': 100 });
  });

  it('read the same text, in the same order', async () => {
    const readings: readonly ((each: PlannedCollection) => Reading)[] = [
      jsonReading,
      () => ({ columns: [{ name: 'x', value: `t.id::text || E'\\n'` }] }),
      (each) => (each.media[0] ? mediaReading(each, each.media[0]) : jsonReading(each)),
    ];
    const readAll = (pool: Pool, carrier: CarrierName) =>
      on(pool, carrier, async (snapshot) => {
        const texts: string[] = [];
        for (const each of snapshot.plan.collections) {
          for (const reading of readings) texts.push(await copied(snapshot, each, reading(each)));
        }
        return texts;
      });
    const expected = await readAll(db.pool, 'temp_tables');
    expect(expected.join('').length).toBeGreaterThan(500_000);
    expect(await readAll(reader, 'bound_arrays')).toEqual(expected);
  });

  it('leave nothing on a connection that others use after it', async () => {
    await on(reader, 'bound_arrays', async () => undefined);
    const { rows } = await reader.query('SELECT count(*)::int AS cursors FROM pg_cursors');
    expect(rows).toEqual([{ cursors: 0 }]);
  });

  it('see the source as it was at one time', async () => {
    await on(reader, 'bound_arrays', async (snapshot) => {
      const [contacts] = snapshot.plan.collections;
      await db.pool.query(
        `UPDATE contacts SET email = 'changed@example.com' WHERE workspace_id = 1 AND email LIKE 'jane%'`,
      );
      expect(contacts && (await copied(snapshot, contacts, jsonReading(contacts)))).toContain('jane@example.com');
    });
    await db.pool.query(`UPDATE contacts SET email = 'jane@example.com' WHERE email LIKE 'changed%'`);
  });

  it('tell on which collection a reading failed, without the server’s words', async () => {
    const broken: Reading = { columns: [{ name: 'x', value: `('secret' || t.id)::int` }] };
    const reading = on(reader, 'bound_arrays', async (snapshot) => {
      const [contacts] = snapshot.plan.collections;
      if (contacts) await copied(snapshot, contacts, broken);
    });
    await expect(reading).rejects.toThrow(/^The source crm refused reading crm\.contacts: SQLSTATE 22P02\.$/);
  });
});
