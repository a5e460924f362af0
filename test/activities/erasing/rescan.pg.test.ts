import { createHmac, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rescanSource } from '../../../activities/erasing/rescan.ts';
import type { Rescan } from '../../../activities/erasing/rescan.ts';
import { withSnapshot } from '../../../activities/plan-runner.ts';
import { planSearch } from '../../../data-map/plan.ts';
import type { ErasureAction } from '../../../domain/erasure.ts';
import { leafKey, leafPads } from '../../../platform/leaf-key.ts';
import { sourceSchema } from '../../../platform/erasure/source-schema.ts';
import { openSources } from '../../../platform/sources.ts';
import type { Sources } from '../../../platform/sources.ts';
import { collection, email, field, key, mapOf, refers } from '../../data-map/fixtures.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const ADA = 'ada@example.test';

const MAP = mapOf(
  collection('contacts', [key('id'), email(), field('name')]),
  collection('notes', [
    refers('contact_id', 'contacts.id', 'from', { primary_key: true }),
    key('ordinal'),
    field('body'),
  ]),
  collection('invoices', [
    key('id'),
    refers('contact_id', 'contacts.id', 'from'),
    field('payer', { identity: 'email' }),
    field('remark', { steward: { free_text: true } }),
  ]),
);

const SCHEMA = `
  CREATE TABLE contacts (id int PRIMARY KEY, workspace_id text NOT NULL, email text, name text);
  CREATE TABLE notes (contact_id int, ordinal varchar(8), workspace_id text NOT NULL, body text,
                      PRIMARY KEY (contact_id, ordinal));
  CREATE TABLE invoices (id uuid PRIMARY KEY, workspace_id text NOT NULL, contact_id int, payer text, remark text);
  CREATE INDEX ON notes (contact_id);
  CREATE INDEX ON invoices (contact_id);`;

let source: TestDatabase;
let sources: Sources;
let media: string;
let erasureId: string;
beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'steward-rescan-'));
  await mkdir(join(media, 'photos'));
  source = await testDatabase();
  await source.pool.query(SCHEMA);
  await source.pool.query(sourceSchema('postgres'));
  sources = openSources([
    { name: 'crm', kind: 'postgres', url: source.url, eraseUrl: source.url },
    { name: 'photos', kind: 'folder', path: join(media, 'photos') },
  ]);
});
afterAll(async () => {
  await sources.close();
  await Promise.all([source.drop(), rm(media, { recursive: true })]);
});
beforeEach(async () => {
  erasureId = randomUUID();
  await source.pool.query('TRUNCATE contacts, notes, invoices');
});

const insert = (table: string, ...rows: readonly (readonly unknown[])[]) =>
  Promise.all(
    rows.map((row) =>
      source.pool.query(`INSERT INTO ${table} VALUES (${row.map((_, index) => `$${index + 1}`).join(', ')})`, [...row]),
    ),
  );

interface Target {
  readonly collection: string;
  readonly action: 'delete' | 'pseudonymise';
  readonly keys: readonly (readonly string[])[];
  readonly keeps?: readonly string[];
  /** How many of them were changed; all when left out. The others were left for a new plan. */
  readonly passed?: number;
}

/** A block for each, which the ledger went through as far as it says. */
async function erased(...targets: readonly Target[]): Promise<void> {
  for (const [index, { collection: ref, action, keys, keeps = [], passed = keys.length }] of targets.entries()) {
    const [block] = [index + 1];
    const lines = (keys[0] ?? []).map((_, place) => keys.map((each) => each[place] ?? ''));
    await source.pool.query(
      `INSERT INTO steward.erasure_targets (erasure_id, collection, action, block, keeps, keys, places, versions, leaves)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        erasureId,
        ref,
        action,
        block,
        keeps,
        lines,
        keys.map(() => '(0,1)'),
        keys.map(() => '1'),
        keys.slice(0, passed).map((each) => leafOf(ref, each)),
      ],
    );
    await source.pool.query(
      `INSERT INTO steward.erasure_ledger (erasure_id, tenant, collection, action, generation, sequence, first_target,
         last_target, rows, changed, keys_digest, epoch)
       VALUES ($1, 'w', $2, $3, 1, $4::integer, $4::integer, $4::integer, $5, $6, '\\x00', 0)`,
      [erasureId, ref, action, block, passed, keys.length - passed],
    );
  }
}

const KEY = { id: 'a test', bytes: Buffer.alloc(32, 7) };
const pads = leafPads(KEY, 'w');

/** As the source makes it: jsonb writes a space after each comma. */
function leafOf(ref: string, keys: readonly string[]): Buffer {
  const message = `[${[ref, ...keys].map((each) => JSON.stringify(each)).join(', ')}]`;
  return createHmac('sha256', leafKey(KEY, 'w')).update(message).digest();
}

/** What is decided of all rows that are found in a collection; they are to be erased when left out. */
type Decided = Readonly<Record<string, ErasureAction>>;

async function rescan(decided: Decided = {}, isRefused = false): Promise<Rescan> {
  const plan = planSearch(MAP, 'crm', [{ type: 'email', value: ADA }]);
  return sources.withEraser('crm', async (client) => {
    for (const { position, key: names } of plan.collections) {
      const keys = names.map((_, index) => `k${index} text`);
      await client.query(`CREATE TEMP TABLE steward_grounds_${position} (${keys.join(', ')}, combination text)`);
    }
    return withSnapshot(client, plan, 'w', async (snapshot) => {
      for (const { position, key: names } of plan.collections) {
        const keys = names.map((_, index) => `k${index}::text`).join(', ');
        await client.query(
          `INSERT INTO pg_temp.steward_grounds_${position} SELECT ${keys}, 'all' FROM pg_temp.steward_keys_${position}`,
        );
      }
      const groups = plan.collections
        .map((each) => ({
          collection: each,
          combination: 'all',
          decision: { decision: decided[each.ref] ?? ('erase' as const) },
          rows: snapshot.counts[each.ref] ?? 0,
        }))
        .filter(({ rows }) => rows > 0);
      return rescanSource(sources, { ...snapshot, groups }, { erasureId, pads, isRefused });
    });
  });
}

const residuals = async (decided?: Decided, isRefused?: boolean) =>
  (await rescan(decided, isRefused)).residuals.map(({ place, kind, count }) => `${place} ${kind} ${count}`);

const INVOICE = '7d9c9d0e-6f0b-4a58-9d0e-3a3f7a1f6f01';

describe('a rescan', () => {
  it('finds nothing when all is gone, and says how much it has looked for', async () => {
    await erased(
      { collection: 'crm.contacts', action: 'delete', keys: [['1']] },
      {
        collection: 'crm.notes',
        action: 'delete',
        keys: [
          ['1', 'a'],
          ['1', 'b'],
        ],
      },
    );
    expect(await rescan()).toEqual({
      searched: { sources: 1, collections: 3, columns: 3, records: 3, objects: 0 },
      expected: 0,
      residuals: [],
    });
  });

  it('finds records that are there although the ledger has them as erased, by keys of every type', async () => {
    await insert('notes', [1, 'b', 'w', 'x'], [2, 'a', 'w', 'x']);
    await insert('invoices', [INVOICE, 'w', 1, null, null]);
    await insert('contacts', [7, 'other', ADA, 'Ada elsewhere']);
    await erased(
      {
        collection: 'crm.notes',
        action: 'delete',
        keys: [
          ['1', 'a'],
          ['1', 'b'],
        ],
      },
      { collection: 'crm.invoices', action: 'delete', keys: [[INVOICE]] },
      { collection: 'crm.contacts', action: 'delete', keys: [['7']] },
    );
    expect(await residuals()).toEqual(['crm.invoices still_there 1', 'crm.notes still_there 1']);
  });

  it('finds the person again by the identifiers, and what they lead to, but for what is retained', async () => {
    await insert('contacts', [1, 'w', 'Ada+news@Example.test', 'Ada']);
    await insert('notes', [1, 'a', 'w', 'x'], [1, 'b', 'w', 'x']);
    expect(await residuals()).toEqual(['crm.contacts found_again 1', 'crm.notes found_again 2']);
    expect(await rescan({ 'crm.contacts': 'retain', 'crm.notes': 'retain' })).toMatchObject({
      residuals: [],
      expected: 3,
    });
  });

  it('finds identifiers in reduced records, in columns and in texts, but for the columns that stay', async () => {
    await insert('invoices', [INVOICE, 'w', 1, ADA, `paid by ${ADA} in cash`]);
    const reduced = (keeps: readonly string[]) =>
      erased({ collection: 'crm.invoices', action: 'pseudonymise', keys: [[INVOICE]], keeps });
    await reduced(['payer']);
    expect(await residuals({ 'crm.invoices': 'pseudonymise' })).toEqual(['crm.invoices not_reduced 1']);
    erasureId = randomUUID();
    await reduced(['payer', 'remark']);
    expect(await residuals({ 'crm.invoices': 'pseudonymise' })).toEqual([]);
  });

  it('finds records that are to be reduced and were not', async () => {
    await insert('contacts', [1, 'w', ADA, 'Ada']);
    await insert('invoices', [INVOICE, 'w', 1, null, null], [randomUUID(), 'w', 1, null, null]);
    await erased({ collection: 'crm.invoices', action: 'pseudonymise', keys: [[INVOICE]], keeps: ['id'] });
    expect(await residuals({ 'crm.contacts': 'retain', 'crm.invoices': 'pseudonymise' })).toEqual([
      'crm.invoices not_reduced 1',
    ]);
  });

  it('does not take for erased what was left for a new plan', async () => {
    await insert('notes', [1, 'b', 'w', 'x']);
    await erased({
      collection: 'crm.notes',
      action: 'delete',
      keys: [
        ['1', 'a'],
        ['1', 'b'],
      ],
      passed: 1,
    });
    expect(await rescan()).toMatchObject({ residuals: [], searched: { records: 1 } });
  });

  it('takes what was to be erased for reduced when it could not go', async () => {
    await insert('contacts', [1, 'w', ADA, null]);
    await insert('notes', [1, 'a', 'w', null]);
    await erased({ collection: 'crm.notes', action: 'pseudonymise', keys: [['1', 'a']] });
    expect(await residuals({ 'crm.contacts': 'retain' })).toEqual([]);
  });

  it('does not take for proven what the ledger has not, nor what the plan does not know', async () => {
    await erased({ collection: 'crm.contacts', action: 'delete', keys: [['1'], ['2'], ['3']] });
    await source.pool.query('UPDATE steward.erasure_targets SET block = 9 WHERE erasure_id = $1', [erasureId]);
    // Three that no batch went through, and three in the ledger of which there is no leaf.
    expect(await residuals()).toEqual(['crm.contacts unproven 6']);
    erasureId = randomUUID();
    await erased({ collection: 'crm.gone', action: 'delete', keys: [['1']] });
    expect(await residuals()).toEqual(['crm.gone unproven 1']);
  });

  it('finds files that were to be removed', async () => {
    await writeFile(join(media, 'photos', 'ada.jpg'), 'x');
    for (const object of ['ada.jpg', 'bob.jpg'])
      await source.pool.query('INSERT INTO steward.erasure_objects VALUES ($1, $2, $3)', [erasureId, 'photos', object]);
    expect(await rescan()).toMatchObject({
      searched: { objects: 2 },
      residuals: [{ source: 'crm', place: 'photos', kind: 'object_left', count: 1 }],
    });
  });

  it('expects what is left of an erasure whose rest was refused, and still not what was erased', async () => {
    await insert('contacts', [1, 'w', ADA, 'Ada']);
    await insert('notes', [1, 'a', 'w', 'x']);
    await erased({ collection: 'crm.notes', action: 'delete', keys: [['1', 'a']] });
    expect(await residuals({}, true)).toEqual(['crm.notes still_there 1']);
  });
});
