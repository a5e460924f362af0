import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSnapshot } from '../../activities/plan-runner.ts';
import { SourceFailed } from '../../domain/errors.ts';
import { jsonReading } from '../../data-map/copy.ts';
import { planSearch } from '../../data-map/plan.ts';
import { collection, email, field, key, mapOf, refers } from '../data-map/fixtures.ts';
import { copied, inSnapshot } from '../data-map/source.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

const jane = { type: 'email', value: 'jane@example.com' };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(`
    CREATE TABLE contacts (id int PRIMARY KEY, workspace_id int NOT NULL, email text);
    CREATE TABLE notes (id int PRIMARY KEY, workspace_id int NOT NULL, contact_id int, reply_to int);
    CREATE INDEX ON notes (contact_id);
    CREATE INDEX ON notes (reply_to);
    INSERT INTO contacts VALUES (1, 1, 'jane@example.com'), (2, 2, 'jane@example.com');
    INSERT INTO notes VALUES (1, 1, 1, NULL), (2, 1, NULL, 1), (3, 2, 1, NULL)`);
});
afterAll(() => db.drop());

const contacts = collection('contacts', [key('id'), email()]);
const notes = collection('notes', [
  key('id'),
  refers('contact_id', 'contacts.id', 'from'),
  refers('reply_to', 'notes.id', 'from'),
]);
const plan = planSearch(mapOf(contacts, notes), 'crm', [jane]);

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a search', () => {
  it('counts what it finds, also where that is nothing', async () => {
    const counts = (tenant: string) => inSnapshot(db.pool, plan, tenant, async (snapshot) => snapshot.counts);
    expect(await counts('1')).toEqual({ 'crm.contacts': 1, 'crm.notes': 2 });
    expect(await counts('2')).toEqual({ 'crm.contacts': 1, 'crm.notes': 0 });
    expect(await counts('3')).toEqual({ 'crm.contacts': 0, 'crm.notes': 0 });
  });

  it('with an empty plan finds nothing and asks for nothing', async () => {
    const empty = planSearch(mapOf(contacts), 'crm', []);
    expect(await inSnapshot(db.pool, empty, '1', async (snapshot) => snapshot.counts)).toEqual({});
  });

  it('sees the source as it was at one time, and tells when', async () => {
    const [first] = plan.collections;
    await inSnapshot(db.pool, plan, '1', async (snapshot) => {
      await db.pool.query(`UPDATE contacts SET email = 'changed@example.com' WHERE id = 1`);
      expect(first && (await copied(snapshot, first, jsonReading(first)))).toBe(
        '{"id":1,"email":"jane@example.com"}\n',
      );
      expect(Math.abs(snapshot.takenAt.getTime() - Date.now())).toBeLessThan(60_000);
    });
    await db.pool.query(`UPDATE contacts SET email = 'jane@example.com' WHERE id = 1`);
  });

  it('cannot write to the source', async () => {
    const error = await failureOf(inSnapshot(db.pool, plan, '1', ({ client }) => client.query('DELETE FROM contacts')));
    expect(error).toMatchObject({ code: '25006' });
  });

  it('works for a role that may only read', async () => {
    const role = `reader_${randomUUID().replaceAll('-', '')}`;
    await db.pool.query(`
      CREATE ROLE ${role} LOGIN PASSWORD 'reader';
      ALTER ROLE ${role} SET default_transaction_read_only = on;
      GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const url = new URL(db.url);
    url.username = role;
    url.password = 'reader';
    const client = new Client(url.href);
    await client.connect();
    try {
      expect(await withSnapshot(client, plan, '1', async ({ counts }) => counts['crm.notes'])).toBe(2);
    } finally {
      await client.end();
      await db.pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('leaves nothing on a connection that others use after it', async () => {
    const client = await db.pool.connect();
    try {
      for (let time = 0; time < 2; time += 1) await withSnapshot(client, plan, '1', async () => undefined);
      const { rows } = await client.query(
        `SELECT relname FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid)`,
      );
      expect(rows).toEqual([]);
      const { rows: state } = await client.query('SHOW transaction_read_only');
      expect(state).toEqual([{ transaction_read_only: 'off' }]);
    } finally {
      client.release();
    }
  });
});

describe('a search that fails', () => {
  it('tells what was done and the SQLSTATE, not what the server says, for that can quote a row', async () => {
    const notAnInteger = await failureOf(inSnapshot(db.pool, plan, 'secret-tenant', async () => undefined));
    expect(notAnInteger).toBeInstanceOf(SourceFailed);
    expect(notAnInteger).toMatchObject({ message: 'The source crm refused setting the scope: SQLSTATE 22P02.' });
    expect(JSON.stringify(notAnInteger)).not.toContain('secret-tenant');

    const missing = collection('contacts', [key('id'), email(), field('mobile', { identity: 'phone_number' })]);
    const searched = planSearch(mapOf(missing), 'crm', [{ type: 'phone_number', value: '+4930901820' }]);
    const noSuchColumn = await failureOf(inSnapshot(db.pool, searched, '1', async () => undefined));
    expect(noSuchColumn).toMatchObject({ message: 'The source crm refused searching crm.contacts: SQLSTATE 42703.' });
  });

  it('passes on what its work throws', async () => {
    const own = new Error('own');
    expect(await failureOf(inSnapshot(db.pool, plan, '1', () => Promise.reject(own)))).toBe(own);
  });

  it('is given up when the chain of references is too long to be meant', async () => {
    await db.pool.query(
      'INSERT INTO notes SELECT n, 9, CASE n WHEN 1000 THEN 9 END, n - 1 FROM generate_series(1000, 2100) n',
    );
    await db.pool.query(`INSERT INTO contacts VALUES (9, 9, 'jane@example.com')`);
    const error = await failureOf(inSnapshot(db.pool, plan, '9', async () => undefined));
    expect(error).toBeInstanceOf(SourceFailed);
    expect(error).toMatchObject({ message: 'The search of crm found no end between crm.notes within 1000 rounds.' });
  });
});
