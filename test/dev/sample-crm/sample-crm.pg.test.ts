import { createHash } from 'node:crypto';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonReading } from '../../../data-map/copy.ts';
import { loadDataMap } from '../../../data-map/load.ts';
import { collectionsOf } from '../../../data-map/model.ts';
import type { DataMap } from '../../../data-map/model.ts';
import { planSearch } from '../../../data-map/plan.ts';
import { TAKEN_OUT } from '../../../data-map/third-parties.ts';
import { createSampleCrm } from '../../../dev/sample-crm/create.ts';
import { MISSING_OBJECT_INDEX } from '../../../dev/sample-crm/document-rows.ts';
import { ABSENT_EMAIL, CORRESPONDENT, LONE_EMAIL, SHOWCASE_PERSON, personAt } from '../../../dev/sample-crm/people.ts';
import { migrateFolder } from '../../../platform/migrate.ts';
import { copied, find, inSnapshot } from '../../data-map/source.ts';
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

async function inOtherDatabase(work: (other: TestDatabase) => Promise<void>): Promise<void> {
  const other = await testDatabase();
  try {
    await work(other);
  } finally {
    await other.drop();
  }
}

async function column(text: string, target = database): Promise<readonly string[]> {
  const { rows } = await target.pool.query<{ value: string }>(text);
  return rows.map(({ value }) => value);
}

async function digestOf(target: TestDatabase): Promise<string> {
  const hash = createHash('sha256');
  for (const { table } of collectionsOf(map)) {
    if (table === 'sample_state') continue;
    for (const row of await column(`SELECT t::text AS value FROM app.${table} t ORDER BY 1`, target)) hash.update(row);
  }
  return hash.digest('hex');
}

const constraintsAndIndexes = (target: TestDatabase) =>
  column(
    `SELECT conname || pg_get_constraintdef(oid) AS value FROM pg_constraint WHERE connamespace = 'app'::regnamespace
      UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'app' ORDER BY value`,
    target,
  );

/** What a package would have of a person, as JSON by collection. */
function packaged(workspaceId: string, email: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const plan = planSearch(map, 'crm', [{ type: 'email', value: email }]);
  return inSnapshot(database.pool, plan, workspaceId, async (snapshot) => {
    const rows = new Map<string, readonly string[]>();
    for (const collection of plan.collections) {
      const text = await copied(snapshot, collection, jsonReading(collection));
      if (text !== '') rows.set(collection.table, text.trim().split('\n'));
    }
    return rows;
  });
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

  it('knows every key that the JSON columns of a person have', async () => {
    const unmapped: string[] = [];
    for (const { table, skipped, fields } of collectionsOf(map)) {
      const objects = fields.filter(({ path, dataType }) => path.length === 0 && dataType === 'object');
      for (const { column: name } of skipped ? [] : objects) {
        const keys = await column(`SELECT DISTINCT jsonb_object_keys(${name}) AS value FROM app.${table}`);
        const known = new Set(fields.filter((each) => each.column === name).map(({ path }) => path[0]));
        // A snapshot also has the keys and times of the contact that it is of.
        const technical = /^(id|.*_id|.*_by|.*_at|tags)$/;
        unmapped.push(...keys.filter((key) => !known.has(key) && !technical.test(key)).map((key) => `${table}.${key}`));
      }
    }
    expect(unmapped).toEqual([]);
  });

  it('is read without a notice', () => {
    expect(map.notices).toEqual([]);
  });
});

describe('the schema of the sample CRM', () => {
  it('has an index for every foreign key', async () => {
    const bare = await column(
      `SELECT conrelid::regclass || ' ' || conname AS value FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'app'::regnamespace AND cardinality(conkey) > 1 AND NOT EXISTS (
          SELECT FROM pg_index WHERE indrelid = conrelid AND (indkey::int2[])[0:cardinality(conkey) - 1] = conkey)`,
    );
    expect(bare).toEqual([]);
  });

  it('is the same after the load as before', () =>
    inOtherDatabase(async (other) => {
      const folder = fileURLToPath(new URL('../../../migrations/sample-crm', import.meta.url));
      await migrateFolder(other.url, folder, 'sample_crm_migrations');
      expect(await constraintsAndIndexes(database)).toEqual(await constraintsAndIndexes(other));
    }));
});

describe('the sample CRM', () => {
  it('is the same for the same seed', () =>
    inOtherDatabase(async (other) => {
      await create(other);
      expect(await digestOf(other)).toBe(await digestOf(database));
    }));

  it('is left alone when it is there', async () => {
    await inOtherDatabase(async (other) => {
      await create(other);
      await other.pool.query("UPDATE app.notes SET body = 'changed'");
      await create(other);
      expect(await column('SELECT DISTINCT body AS value FROM app.notes', other)).toEqual(['changed']);
    });
  });

  it('leaves nothing behind when it is cut short, and is begun again', () =>
    inOtherDatabase(async (other) => {
      await create(other);
      await other.pool.query(
        'TRUNCATE app.sample_state; ALTER TABLE app.sample_state ADD CONSTRAINT never CHECK (people < 0)',
      );
      await expect(create(other)).rejects.toMatchObject({ constraint: 'never' });
      expect(await column('SELECT count(*)::text AS value FROM app.contacts', other)).toEqual(['0']);
      await other.pool.query('ALTER TABLE app.sample_state DROP CONSTRAINT never');
      await create(other);
      expect(await digestOf(other)).toBe(await digestOf(database));
    }));

  it('has rows in every table', async () => {
    for (const { table } of collectionsOf(map)) {
      expect(await column(`SELECT EXISTS (SELECT FROM app.${table}) AS value`), table).toEqual([true]);
    }
  });

  it('has invoices that agree with their lines and payments', async () => {
    const odd = await column(
      `SELECT number AS value FROM app.invoices i LEFT JOIN app.payments p ON p.invoice_id = i.id
        WHERE p.amount <> i.total OR p.paid_at IS DISTINCT FROM i.paid_at
           OR i.total <> (SELECT sum(amount) FROM app.invoice_lines l WHERE l.invoice_id = i.id)`,
    );
    expect(odd).toEqual([]);
  });

  it('has a note of ten thousand characters', async () => {
    expect(await column('SELECT max(length(body)) AS value FROM app.notes')).toEqual([10_000]);
  });
});

describe('the showcase person', () => {
  const { workspaceId, email, elsewhere } = SHOWCASE_PERSON;

  it('has about a hundred rows in nearly all collections', async () => {
    const rows = await packaged(workspaceId, email);
    const absent = collectionsOf(map).filter(({ table, skipped }) => !skipped && !rows.has(table));
    expect(absent.map(({ table }) => table)).toEqual([]);
    const total = [...rows.values()].reduce((sum, { length }) => sum + length, 0);
    expect(total).toBeGreaterThanOrEqual(80);
    expect(total).toBeLessThanOrEqual(150);
  });

  it('is found in all of them by any of her identifiers', async () => {
    const found = await Promise.all([
      find(database.pool, map, workspaceId, { type: 'email', value: email }),
      find(database.pool, map, workspaceId, { type: 'external_id', value: SHOWCASE_PERSON.externalId }),
      find(database.pool, map, workspaceId, { type: 'phone_number', value: SHOWCASE_PERSON.phone }),
    ]);
    for (const each of found) expect(Object.keys(each)).toEqual(expect.arrayContaining(['crm.contacts', 'crm.leads']));
  });

  it('is written in several spellings', async () => {
    const rows = await packaged(workspaceId, email);
    const addresses = [...rows.values()]
      .flat()
      .flatMap((row) => row.match(/maya\.lindqvist[^"]*@example\.com/gi) ?? []);
    expect(new Set(addresses).size).toBeGreaterThan(2);
  });

  it('has other data in the other workspace', async () => {
    const [here, there] = await Promise.all([packaged(workspaceId, email), packaged(elsewhere.workspaceId, email)]);
    expect(JSON.stringify([...here])).not.toContain(elsewhere.marker);
    for (const table of ['notes', 'messages', 'contacts', 'activities']) {
      expect(JSON.stringify(there.get(table)), table).toContain(elsewhere.marker);
    }
  });

  it('shares conversations, deals, appointments and documents with somebody whose own data is not hers', async () => {
    const rows = await packaged(workspaceId, email);
    expect(JSON.stringify([...rows])).not.toContain(CORRESPONDENT.marker);
    const shared = await column(
      `SELECT source AS value FROM (
         SELECT 'messages' AS source, thread_id AS shared, sender_contact_id AS who FROM app.messages
         UNION SELECT 'deals', deal_id, contact_id FROM app.deal_participants
         UNION SELECT 'events', event_id, contact_id FROM app.event_attendees
         UNION SELECT 'documents', document_id, contact_id FROM app.document_signatures
           JOIN app.signers ON signers.id = signer_id) s JOIN app.contacts c ON c.id = who
        GROUP BY source, shared HAVING array_agg(email) @> ARRAY['${email}', '${CORRESPONDENT.email}']`,
    );
    expect(new Set(shared)).toEqual(new Set(['messages', 'deals', 'events', 'documents']));
  });
});

describe('a note in which two people are named', () => {
  it('is in the package of either, without the address and number of the other', async () => {
    const named = async (email: string): Promise<string | undefined> => {
      const notes = (await packaged(SHOWCASE_PERSON.workspaceId, email)).get('notes') ?? [];
      return notes.find((note) => note.includes('buys with her'));
    };
    const [hers, his] = [await named(SHOWCASE_PERSON.email), await named(CORRESPONDENT.email)];
    const [email, phone] = [TAKEN_OUT.email, TAKEN_OUT.phone];
    expect(hers).toContain(`buys with her: ${email}, ${phone}. Her own address is ${SHOWCASE_PERSON.email}.`);
    expect(his).toContain(`buys with her: ${CORRESPONDENT.email}, ${phone}. Her own address is ${email}.`);
  });
});

describe('the other fixed people', () => {
  it('are one who has a contact and nothing more, and one who has nothing', async () => {
    const lone = await packaged(SHOWCASE_PERSON.workspaceId, LONE_EMAIL);
    expect([...lone].map(([table, { length }]) => [table, length])).toEqual([['contacts', 1]]);
    expect(await packaged(SHOWCASE_PERSON.workspaceId, ABSENT_EMAIL)).toEqual(new Map());
  });
});

describe('the objects of the sample CRM', () => {
  it('are all there but the one that is missing on purpose', async () => {
    const keys = await column(
      `SELECT storage_key AS value FROM app.files UNION ALL SELECT storage_key FROM app.reports
       UNION ALL SELECT storage_key FROM app.documents UNION ALL SELECT storage_key FROM app.videos
       UNION ALL SELECT poster_key FROM app.videos UNION ALL SELECT photo_key FROM app.properties`,
    );
    const missing: string[] = [];
    for (const key of keys) await access(join(mediaFolder, key)).catch(() => missing.push(key));
    const owners = await column(
      `SELECT contact_id::text AS value FROM app.files WHERE storage_key = ANY ('{${missing.join(',')}}')`,
    );
    expect(missing).toHaveLength(1);
    expect(owners).toEqual([personAt(1, MISSING_OBJECT_INDEX).contactId]);
  });
});
