/** Databases for tests, on the server that STEWARD_TEST_POSTGRES names by an administrator's URL. */
import { randomUUID } from 'node:crypto';
import { Client, Pool, escapeIdentifier } from 'pg';
import { migrate } from '../../platform/migrate.ts';

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A database to copy instead of an empty one; nobody may be connected to it. */
  readonly template?: string;
  /** `SQL_ASCII` for a database that keeps whatever bytes it is given; UTF-8 when left out. */
  readonly encoding?: 'SQL_ASCII';
}

/** What `stewardDatabase` copies. */
const MIGRATED = 'steward_migrated';

/**
 * With Steward's schema, by the owner role as in an installation: superusers would not be held by row-level security. A copy
 * of one that was migrated before the tests, for migrating each takes a second.
 */
export async function stewardDatabase(): Promise<TestDatabase> {
  const database = await testDatabase({ template: MIGRATED });
  await database.pool.query(`ALTER DATABASE ${nameOf(database)} OWNER TO steward_owner`);
  return database;
}

/** Once a server, before the first test. */
export async function migrateTemplate(adminUrl: string): Promise<void> {
  await asAdmin(adminUrl, `CREATE DATABASE ${MIGRATED} OWNER steward_owner`);
  const url = new URL(adminUrl);
  url.pathname = `/${MIGRATED}`;
  await migrate(inRole(url.href, 'steward_owner'));
}

const nameOf = ({ url }: TestDatabase): string => new URL(url).pathname.slice(1);

/** The same database as one of its roles. */
export function inRole(adminUrl: string, role: string): string {
  const url = new URL(adminUrl);
  url.searchParams.set('options', `-c role=${role}`);
  return url.href;
}

export async function testDatabase({ template, encoding }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const adminUrl = process.env['STEWARD_TEST_POSTGRES'];
  if (adminUrl === undefined) throw new Error('Set STEWARD_TEST_POSTGRES to the URL of a PostgreSQL administrator.');
  const name = `steward_test_${randomUUID().replaceAll('-', '')}`;
  const of = template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template)}`;
  const bytes = encoding === undefined ? '' : ` TEMPLATE template0 ENCODING ${encoding} ${BYTE_ORDER}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name}${of}${bytes}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const pool = new Pool({ connectionString: url.href, max: 4 });
  // Dropping the database by force ends what a failed test has left open.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await asAdmin(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** The one locale that goes with every encoding. */
const BYTE_ORDER = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C' LC_COLLATE 'C' LC_CTYPE 'C'";

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
