/** Searches that go from one database to another and back, by each pairing of carriers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withSnapshots } from '../../../activities/plan-runner.ts';
import type { Snapshot } from '../../../activities/plan-runner.ts';
import { jsonReading } from '../../../data-map/copy.ts';
import { parseDataMap } from '../../../data-map/parse.ts';
import { planAcross } from '../../../data-map/plan.ts';
import { openSources } from '../../../platform/sources.ts';
import type { CarrierName, Sources } from '../../../platform/sources.ts';
import { collection, dataset, email, field, key, mapFile, refers } from '../../data-map/fixtures.ts';
import type { Json } from '../../data-map/fixtures.ts';
import { copied, findAcross } from '../../data-map/source.ts';
import { testDatabase } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';

const MANY = 12_000;
const jane = { type: 'email', value: 'jane@example.com' };
const CARRIERS = ['temp_tables', 'bound_arrays'] as const;
const PAIRS = CARRIERS.flatMap((crm) => CARRIERS.map((billing) => [crm, billing] as const));
/** The workspace is 7 in one, and a text in the other. */
const TENANTS = new Map([
  ['crm', '7'],
  ['billing', 'acme'],
]);

const of = (source: string, ...collections: readonly Json[]): Json => ({
  ...dataset(collections, { source }),
  fides_key: source,
});
const MAP = parseDataMap([
  mapFile(
    of(
      'crm',
      collection('contacts', [
        key('id'),
        email(),
        field('account', { references: [{ dataset: 'billing', field: 'accounts.code', direction: 'to' }] }),
      ]),
      collection('remarks', [
        key('id'),
        refers('invoice', 'billing/invoices.number', 'from'),
        refers('line', 'billing/invoices.line', 'from'),
      ]),
      collection('visits', [
        key('id'),
        refers('contact_id', 'contacts.id', 'from'),
        refers('page', 'billing/pages.id', 'to'),
      ]),
    ),
    of(
      'billing',
      collection('accounts', [key('id'), field('code')]),
      collection(
        'invoices',
        [key('tenant'), key('number'), key('line'), refers('account_id', 'billing/accounts.id', 'from')],
        {
          tenant: 'tenant',
        },
      ),
      collection('referrals', [
        key('id'),
        refers('remark', 'crm/remarks.id', 'from'),
        refers('contact', 'crm/contacts.id', 'to'),
      ]),
      collection('pages', [key('id')]),
    ),
  ),
]);

let databases: { readonly crm: TestDatabase; readonly billing: TestDatabase };
const opened: Sources[] = [];
beforeAll(async () => {
  databases = { crm: await testDatabase(), billing: await testDatabase() };
  await databases.crm.pool.query(`
    CREATE TABLE contacts (id bigint PRIMARY KEY, workspace_id int NOT NULL, email text, account text);
    CREATE TABLE remarks (id uuid PRIMARY KEY, workspace_id int NOT NULL, invoice numeric, line smallint);
    CREATE TABLE visits (id int PRIMARY KEY, workspace_id int NOT NULL, contact_id bigint, page text);
    CREATE INDEX ON visits (contact_id);
    INSERT INTO contacts VALUES (1, 7, 'jane@example.com', 'A-1'), (2, 7, 'second@example.com', 'A-2'),
      (3, 7, 'other@example.com', 'A-3'), (4, 8, 'jane@example.com', 'A-4'), (5, 7, 'fifth@example.com', NULL);
    INSERT INTO remarks VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 7, 10.0, 2), ('aaaaaaaa-0000-4000-8000-000000000002', 7, 10, 3),
      ('aaaaaaaa-0000-4000-8000-000000000003', 8, 10, 2), ('aaaaaaaa-0000-4000-8000-000000000004', 7, 20, 1);
    INSERT INTO visits SELECT n, 7, 1, CASE WHEN n % 2 = 0 THEN n::text ELSE 'n/a' END FROM generate_series(1, ${MANY * 2}) n`);
  await databases.billing.pool.query(`
    CREATE TABLE accounts (id int PRIMARY KEY, workspace_id text NOT NULL, code varchar(20));
    CREATE TABLE invoices (tenant text, number int, line int, account_id int, PRIMARY KEY (tenant, number, line));
    CREATE TABLE referrals (id int PRIMARY KEY, workspace_id text NOT NULL, remark text, contact text);
    CREATE TABLE pages (id int PRIMARY KEY, workspace_id text NOT NULL);
    INSERT INTO accounts VALUES (1, 'acme', 'A-1'), (2, 'acme', 'A-2'), (3, 'acme', 'A-3'), (4, 'other', 'A-1'), (5, 'acme', NULL);
    INSERT INTO invoices VALUES ('acme', 10, 2, 1), ('acme', 20, 1, 2), ('acme', 20, 2, 3), ('other', 10, 3, 1);
    INSERT INTO referrals VALUES (1, 'acme', 'aaaaaaaa-0000-4000-8000-000000000001', '2'), (2, 'acme', 'aaaaaaaa-0000-4000-8000-000000000004', 'unknown'),
      (3, 'other', 'aaaaaaaa-0000-4000-8000-000000000001', '3');
    INSERT INTO pages SELECT n, CASE WHEN n % 4 = 0 THEN 'acme' ELSE 'other' END FROM generate_series(1, ${MANY * 3}) n`);
});
afterAll(async () => {
  for (const sources of opened) await sources.close();
  await databases.crm.drop();
  await databases.billing.drop();
});

function sourcesBy(crm: CarrierName, billing: CarrierName, billingUrl = databases.billing.url): Sources {
  const sources = openSources([
    { name: 'crm', kind: 'postgres', url: databases.crm.url, carrier: crm },
    { name: 'billing', kind: 'postgres', url: billingUrl, carrier: billing },
  ]);
  opened.push(sources);
  return sources;
}

const search = { plan: planAcross(MAP, ['crm', 'billing'], [jane]), tenantKeys: TENANTS };
const firstOf = ({ plan: { collections } }: Snapshot) => {
  const [first] = collections;
  if (first === undefined) throw new Error('The plan is empty.');
  return first;
};

describe('a search across sources', () => {
  it.each(PAIRS)('goes round between %s and %s until nothing is new', async (crm, billing) => {
    const found = await findAcross(sourcesBy(crm, billing), MAP, TENANTS, jane);
    expect(found['crm.visits']).toHaveLength(MANY * 2);
    expect(found['billing.pages']).toHaveLength(MANY / 2);
    expect(found).toMatchObject({
      'crm.contacts': ['1', '2'],
      'billing.accounts': ['1', '2'],
      'billing.invoices': ['acme/10/2', 'acme/20/1'],
      'crm.remarks': ['aaaaaaaa-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000004'],
      'billing.referrals': ['1', '2'],
    });
  });

  it('stays out of a source that does not know the workspace', async () => {
    const found = await findAcross(sourcesBy('temp_tables', 'temp_tables'), MAP, new Map([['crm', '7']]), jane);
    expect(Object.keys(found)).toEqual(['crm.contacts', 'crm.visits']);
  });

  it('sees all sources as they were when it began, to its end', async () => {
    await withSnapshots(sourcesBy('temp_tables', 'bound_arrays'), search, async (snapshots) => {
      await databases.crm.pool.query(`UPDATE contacts SET account = 'changed' WHERE id = 1`);
      await databases.billing.pool.query(`UPDATE accounts SET code = 'changed' WHERE id = 1`);
      expect(snapshots.map(({ source }) => source)).toEqual(['crm', 'billing']);
      for (const snapshot of snapshots) {
        const text = await copied(snapshot, firstOf(snapshot), jsonReading(firstOf(snapshot)));
        expect(text).toContain('"A-1"');
      }
    });
    await databases.crm.pool.query(`UPDATE contacts SET account = 'A-1' WHERE id = 1`);
    await databases.billing.pool.query(`UPDATE accounts SET code = 'A-1' WHERE id = 1`);
  });

  it('names the source that refused, whichever was opened last', async () => {
    const sources = sourcesBy('temp_tables', 'temp_tables');
    const reading = withSnapshots(sources, search, async ([crm]) => {
      if (crm) await copied(crm, firstOf(crm), { columns: [{ name: 'x', value: 'no_such_column' }] });
    });
    await expect(reading).rejects.toThrow('The source crm refused a statement: SQLSTATE 42703.');
    const missing = withSnapshots(
      sources,
      { ...search, tenantKeys: new Map([...TENANTS, ['crm', 'not a number']]) },
      async () => undefined,
    );
    await expect(missing).rejects.toThrow('The source crm refused setting the scope: SQLSTATE 22P02.');
  });

  it('names the source that is away', async () => {
    const away = sourcesBy('temp_tables', 'temp_tables', 'postgres://nobody@127.0.0.1:9/none');
    await expect(withSnapshots(away, search, async () => undefined)).rejects.toThrow(
      'The source billing is not reachable.',
    );
  });

  it('needs a tenant key for every source of its plans', async () => {
    const sources = sourcesBy('temp_tables', 'temp_tables');
    await expect(withSnapshots(sources, { ...search, tenantKeys: new Map() }, async () => undefined)).rejects.toThrow(
      'The source crm is in a search without a tenant key.',
    );
  });
});
