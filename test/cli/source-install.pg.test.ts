import { afterAll, beforeAll, expect, it } from 'vitest';
import { installSql } from '../../cli/source.ts';
import { collection, email, key, mapOf } from '../data-map/fixtures.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query('CREATE TABLE contacts (id integer PRIMARY KEY, workspace_id text, email text)');
});
afterAll(() => db.drop());

const MAP = mapOf(collection('contacts', [key('id'), email()]));
const crm = { name: 'crm', kind: 'postgres', url: 'postgres://reader@db/crm' } as const;

it('is given to the role of the settings, and can be run again', async () => {
  const sql = installSql({ sources: [{ ...crm, eraseUrl: 'postgres://crm_eraser:hunter2@db/crm' }] }, MAP, {
    source: 'crm',
  });
  expect(sql).not.toContain('hunter2');
  await db.pool.query(sql);
  await db.pool.query(sql);
  const client = await db.pool.connect();
  try {
    await client.query('SET ROLE crm_eraser');
    await client.query('DELETE FROM contacts');
    await client.query('CREATE TEMP TABLE keys (id integer)');
    await client.query(`INSERT INTO steward.fence (tenant) VALUES ('w')`);
    await expect(client.query('DELETE FROM steward.erasure_ledger')).rejects.toThrow(/permission denied/);
    await expect(client.query('INSERT INTO contacts VALUES (1)')).rejects.toThrow(/permission denied/);
  } finally {
    await client.query('RESET ROLE');
    client.release();
  }
});

it('asks for a role where the settings have none, and for a source that is a database', () => {
  expect(() => installSql({ sources: [crm] }, MAP, { source: 'crm' })).toThrow(/--role/);
  expect(() => installSql({ sources: [crm] }, MAP, { source: 'media' })).toThrow(/no PostgreSQL source media/);
});
