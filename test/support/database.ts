/** Empty databases for tests, on the server that STEWARD_TEST_POSTGRES names by an administrator's URL. */
import { randomUUID } from 'node:crypto';
import { Client, Pool, escapeIdentifier } from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly pool: Pool;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** A database to copy instead of an empty one; nobody may be connected to it. */
  readonly template?: string;
}

export async function testDatabase({ template }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const adminUrl = process.env['STEWARD_TEST_POSTGRES'];
  if (adminUrl === undefined) throw new Error('Set STEWARD_TEST_POSTGRES to the URL of a PostgreSQL administrator.');
  const name = `steward_test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(
    adminUrl,
    `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template)}`}`,
  );
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

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
