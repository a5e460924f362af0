import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { QueryResult } from 'pg';
import { allValues, isDigestOf, valuesOf } from '../../data-map/digests.ts';
import type { Place } from '../../data-map/digests.ts';
import { planSearch } from '../../data-map/plan.ts';
import { parseDataMap } from '../../data-map/parse.ts';
import { rowsBy } from '../../data-map/seeds.ts';
import { Binds } from '../../data-map/sql-text.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import type { DigestFormat } from '../../domain/identities.ts';
import { testDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { collection, dataset, field, key, mapFile } from './fixtures.ts';
import { runs } from '../support/property-runs.ts';

const FORMATS: readonly DigestFormat[] = ['md5', 'sha1', 'sha256'];
const EXTERNAL = { type: 'external_id', value: 'mls-004211', canonical: ['mls-004211'] };
const EMAIL = { type: 'email', value: 'jane_doe@example.com', canonical: ['jane_doe@example.com'] };
const PHONE = { type: 'phone_number', value: '+49 30 901820', canonical: ['4930901820', '+4930901820'] };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await db.pool.query(
    'CREATE EXTENSION pgcrypto; CREATE TABLE people (id int PRIMARY KEY, ws text NOT NULL, email text, phone_number text, external_id text, mails jsonb)',
  );
});
afterAll(() => db.drop());

const map = parseDataMap([
  mapFile(
    dataset(
      [
        collection(
          'people',
          [
            key('id'),
            ...['email', 'phone_number', 'external_id'].map((type) => field(type, { identity: type })),
            field(
              'mails',
              { data_type: 'object' },
              { fields: [field('all', { identity: 'mail_in_list', data_type: 'string[]' })] },
            ),
          ],
          { tenant: 'ws' },
        ),
      ],
      { phone_region: 'DE' },
    ),
  ),
]);

function placeOf(type: string): Place {
  const people = map.datasets[0]?.collections[0];
  const found = people?.identities.find((each) => each.type === type);
  if (!people?.tenant || !found) throw new Error('The map has no such field.');
  return { collection: { ...people, tenant: people.tenant }, field: found, phoneRegion: 'DE' };
}

async function values(statement: Statement | undefined): Promise<readonly string[]> {
  const { text = '', values: bound = [] } = statement ?? {};
  const { rows }: QueryResult<{ value: string }> = await db.pool.query(text, [...bound]);
  return rows.map(({ value }) => value).sort();
}

/** By the source, and by what is read of it. */
async function meant(type: string, canonical: string, format: DigestFormat): Promise<readonly (readonly string[])[]> {
  const value = createHash(format).update(canonical).digest('hex');
  const place = placeOf(type);
  const all = await values(allValues(place, 'w'));
  return [
    await values(valuesOf(place, { value, format }, 'w', 'public')),
    all.filter((stored) => isDigestOf({ type, value, format }, format, stored, 'DE')),
  ];
}

async function foundRaw(type: string, value: string): Promise<readonly string[]> {
  const [planned] = planSearch(map, 'crm', [{ type, value }]).collections;
  const binds = new Binds();
  const text = planned && rowsBy(planned.seeds, planned, `t."${type}"`, 'w', binds);
  const { rows }: QueryResult<Record<string, string>> = await db.pool.query(text ?? '', [...binds.values]);
  return [...new Set(rows.map((row) => row[type] ?? ''))].sort();
}

async function store(type: string, stored: readonly string[]): Promise<void> {
  await db.pool.query('TRUNCATE people');
  await db.pool.query(
    `INSERT INTO people (id, ws, ${type}) SELECT n, CASE WHEN n % 7 = 0 THEN 'other' ELSE 'w' END, v
       FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n)`,
    [stored],
  );
}

const anyCase = (text: string) =>
  fc
    .infiniteStream(fc.boolean())
    .map((upper) => Array.from(text, (letter) => (upper.next().value ? letter.toUpperCase() : letter)).join(''));
const emails = fc.oneof(
  anyCase('jane_doe@example.com'),
  anyCase('jane_doe+news@example.com'),
  anyCase('jane_doe@example.org'),
  fc.constantFrom('janeXdoe@example.com', 'jane_doe@example.com.au', 'x+jane_doe@example.com', 'jane_doe', ''),
);
const phones = fc
  .tuple(
    fc.constantFrom('+49 30 ', '0049-30-', '030/', '+49 (0)30 ', '(030) ', '+48 30 ', '0044 30 '),
    fc.constantFrom('901820', '90 18 20', '901821'),
  )
  .map((parts) => parts.join(''));
const ids = fc.constantFrom('mls-004211', 'MLS-004211', 'mls-0042110', '004211');

describe('a digest', () => {
  it.each([
    [EMAIL, emails],
    [PHONE, phones],
    [EXTERNAL, ids],
  ] as const)(
    'of $type stands for the values that a search by it finds, in any format',
    async ({ type, value, canonical }, spelled) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(spelled, { minLength: 1, maxLength: 8 }),
          fc.constantFrom(...FORMATS),
          async (stored, format) => {
            await store(type, stored);
            const expected = await foundRaw(type, value);
            for (const form of canonical) {
              for (const found of await meant(type, form, format)) expect(found).toEqual(expected);
            }
          },
        ),
        { numRuns: runs(40) },
      );
    },
  );

  it('may be of the value as it is stored', async () => {
    await store('email', ['Jane_Doe+News@example.com', 'jane_doe@example.com']);
    for (const form of ['Jane_Doe+News@example.com', 'jane_doe+news@example.com']) {
      for (const found of await meant('email', form, 'sha256')) expect(found).toEqual(['Jane_Doe+News@example.com']);
    }
  });

  it('of SHA-1 cannot be taken by a source without pgcrypto', () => {
    expect(valuesOf(placeOf('email'), { value: '0'.repeat(40), format: 'sha1' }, 'w', undefined)).toBeUndefined();
  });

  it('is looked for by the index of the first form', async () => {
    await db.pool.query(`
      TRUNCATE people;
      INSERT INTO people (id, ws, email) SELECT n, 'w', 'p' || n || '@example.com' FROM generate_series(1, 20000) n;
      CREATE INDEX people_digest ON people (ws, md5(lower(btrim(email))));
      ANALYZE people`);
    const statement = valuesOf(placeOf('email'), { value: '0'.repeat(32), format: 'md5' }, 'w', undefined);
    const { rows }: QueryResult<{ 'QUERY PLAN': string }> = await db.pool.query(`EXPLAIN ${statement?.text ?? ''}`, [
      ...(statement?.values ?? []),
    ]);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('people_digest');
  });
});
