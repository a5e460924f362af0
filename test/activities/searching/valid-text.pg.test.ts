import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonReading } from '../../../data-map/copy.ts';
import { planSearch } from '../../../data-map/plan.ts';
import { collection, email, field, key, mapOf } from '../../data-map/fixtures.ts';
import { inSnapshot } from '../../data-map/source.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const map = mapOf(collection('contacts', [key('id'), email(), field('name')]));
const plan = planSearch(map, 'crm', [{ type: 'email', value: 'jane@example.com' }]);

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase({ encoding: 'SQL_ASCII' });
  await db.pool.query(`CREATE TABLE contacts (id int PRIMARY KEY, workspace_id int NOT NULL, email text, name text)`);
  // What an old program wrote in Latin-1, and what a newer one wrote in UTF-8.
  await db.pool.query(`INSERT INTO contacts VALUES (1, 1, 'jane@example.com', E'J\\xfcrgen')`);
  await db.pool.query(`INSERT INTO contacts SELECT n, 1, 'jane@example.com', 'Jürgen' FROM generate_series(2, 4000) n`);
});

afterAll(() => db.drop());

describe('a source that does not know the encoding of its text', () => {
  it('is read as UTF-8, and what is none is shown as such instead of spoiling the file', async () => {
    const rows = await inSnapshot(db.pool, plan, '1', async (snapshot) => {
      const [contacts] = plan.collections;
      if (contacts === undefined) throw new Error('There is nothing to read.');
      const lines = (await text(snapshot.read(contacts, jsonReading(contacts)))).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as { readonly name: string });
    });
    expect(rows[0]?.name).toBe('J\ufffdrgen');
    expect(rows.slice(1).filter(({ name }) => name !== 'Jürgen')).toEqual([]);
    expect(rows).toHaveLength(4000);
  });
});
