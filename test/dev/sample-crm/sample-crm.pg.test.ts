import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDataMap } from '../../../data-map/load.ts';
import { collectionsOf } from '../../../data-map/model.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import { ABSENT_EMAIL, LONE_EMAIL, SHOWCASE_PERSON } from '../../../dev/sample-crm/people.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const PEOPLE = 120;
let database: TestDatabase;
let mediaFolder: string;
let map: DataMap;

beforeAll(async () => {
  mediaFolder = await mkdtemp(join(tmpdir(), 'steward-media-'));
  map = await loadDataMap(['data-map/maps/crm.dataset.yml']);
  database = await testDatabase();
  await create(database);
});

afterAll(async () => {
  await database.drop();
  await rm(mediaFolder, { recursive: true });
});

const create = (target: TestDatabase) =>
  createSampleCrm({ url: target.url, mediaFolder, people: PEOPLE, log: () => undefined });

async function column(text: string, target = database): Promise<readonly string[]> {
  const { rows } = await target.pool.query<{ value: string }>(text);
  return rows.map(({ value }) => value);
}

async function digestOf(target: TestDatabase): Promise<string> {
  const hash = createHash('sha256');
  for (const table of ['contacts', 'leads', 'notes', 'payments']) {
    for (const row of await column(`SELECT t::text AS value FROM app.${table} t ORDER BY 1`, target)) hash.update(row);
  }
  return hash.digest('hex');
}

describe("the sample CRM's data map", () => {
  it('has every table and column of the live catalogue, and no other', async () => {
    const live = await column(
      "SELECT table_name || '.' || column_name AS value FROM information_schema.columns WHERE table_schema = 'app'",
    );
    const mapped = collectionsOf(map).flatMap(({ table, fields }) =>
      fields.filter(({ path }) => path.length === 0).map((field) => `${table}.${field.column}`),
    );
    expect([...mapped].sort()).toEqual([...live].sort());
  });

  it('has the same primary keys', async () => {
    const live = await column(
      `SELECT c.relname || ': ' || string_agg(a.attname, ',' ORDER BY a.attname) AS value FROM pg_index i
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indisprimary AND c.relnamespace = 'app'::regnamespace GROUP BY c.relname`,
    );
    const mapped = collectionsOf(map)
      .filter(({ key }) => key.length > 0)
      .map(({ table, key }) => `${table}: ${[...key].sort().join(',')}`);
    expect([...mapped].sort()).toEqual([...live].sort());
  });

  it('is read without a notice', () => {
    expect(map.notices).toEqual([]);
  });
});

describe('the sample CRM', () => {
  it('is the same for the same seed', async () => {
    const other = await testDatabase();
    try {
      await create(other);
      expect(await digestOf(other)).toBe(await digestOf(database));
    } finally {
      await other.drop();
    }
  });

  it('is left alone when it is there, and written again when a run was cut short', async () => {
    const before = await digestOf(database);
    await database.pool.query("UPDATE app.notes SET body = 'changed'");
    await create(database);
    expect(await digestOf(database)).not.toBe(before);
    await database.pool.query('TRUNCATE app.sample_state');
    await create(database);
    expect(await digestOf(database)).toBe(before);
  });

  it('knows the showcase person in both workspaces, in several spellings', async () => {
    const held = await column(
      `SELECT DISTINCT workspace_id::text AS value FROM app.contacts WHERE email = '${SHOWCASE_PERSON.email}'`,
    );
    expect([...held].sort()).toEqual([SHOWCASE_PERSON.workspaceId, SHOWCASE_PERSON.elsewhere.workspaceId].sort());
    const spellings = await column(
      `SELECT email AS value FROM app.leads WHERE lower(email) LIKE 'maya.lindqvist%' UNION SELECT email FROM app.recipients WHERE lower(email) LIKE 'maya.lindqvist%'`,
    );
    expect(spellings.length).toBeGreaterThan(1);
  });

  it('holds one contact and nothing more of the lone one, and nothing of the absent one', async () => {
    expect(await column(`SELECT id::text AS value FROM app.contacts WHERE email = '${LONE_EMAIL}'`)).toHaveLength(1);
    expect(await column(`SELECT id::text AS value FROM app.leads WHERE lower(email) = '${LONE_EMAIL}'`)).toEqual([]);
    expect(await column(`SELECT id::text AS value FROM app.contacts WHERE lower(email) = '${ABSENT_EMAIL}'`)).toEqual(
      [],
    );
  });

  it('has real files behind its rows', async () => {
    const keys = await column(
      `SELECT storage_key AS value FROM app.files WHERE contact_id IN (SELECT id FROM app.contacts WHERE email = '${SHOWCASE_PERSON.email}')
       UNION SELECT storage_key FROM app.videos WHERE contact_id IN (SELECT id FROM app.contacts WHERE email = '${SHOWCASE_PERSON.email}')`,
    );
    const starts: Record<string, string> = { pdf: '%PDF-1.4', png: 'PNG', mp4: 'ftyp' };
    expect(keys.length).toBeGreaterThan(4);
    for (const key of keys) {
      const head = (await readFile(join(mediaFolder, key))).subarray(0, 16).toString('latin1');
      expect(head).toContain(starts[key.slice(-3)]);
    }
  });
});
