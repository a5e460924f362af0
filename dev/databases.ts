/** The databases and roles of the embedded stack, apart as in production: who owns does not serve, who serves does not own. */
import pg from 'pg';
import { sourceSchema } from '../platform/erasure/source-schema.ts';
import { secret } from './secrets.ts';
import type { Home } from './home.ts';

/** Who may connect to which database; the first owns it. */
const DATABASES = {
  steward: ['steward_owner', 'steward_app', 'steward_worker'],
  crm: ['crm_owner', 'crm_reader', 'crm_eraser'],
} as const;

type Role = (typeof DATABASES)[keyof typeof DATABASES][number];
export type DatabaseUrls = Readonly<Record<Role | 'steward_drill', string>>;

/** Idempotent. Answers a URL for each role. */
export async function ensureDatabases(adminUrl: string, home: Home): Promise<DatabaseUrls> {
  const urls: Partial<Record<keyof DatabaseUrls, string>> = { steward_drill: await ensureDrillRole(adminUrl, home) };
  await withClient(adminUrl, async (client) => {
    for (const [database, roles] of Object.entries(DATABASES)) {
      for (const role of roles) urls[role] = await ensureRole(client, home, adminUrl, database, role);
      await ensureDatabase(client, database, roles);
    }
  });
  return urls as DatabaseUrls;
}

/** Of a role that may create databases, for trial restores. It reads none of the others. */
async function ensureDrillRole(adminUrl: string, home: Home): Promise<string> {
  const role = 'steward_drill';
  const password = await secret(home, role);
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN CREATEDB`);
    await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
  });
  const url = new URL(adminUrl);
  [url.username, url.password] = [role, password];
  return url.href;
}

async function ensureRole(
  client: pg.Client,
  home: Home,
  adminUrl: string,
  database: string,
  role: Role,
): Promise<string> {
  const password = await secret(home, role);
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
  // The password is hexadecimal, of our own making.
  await client.query(`ALTER ROLE ${role} PASSWORD '${password}'`);
  const url = new URL(adminUrl);
  [url.username, url.password, url.pathname] = [role, password, database];
  return url.href;
}

async function ensureDatabase(client: pg.Client, database: string, roles: readonly Role[]): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${database} OWNER ${roles[0]}`);
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${roles.join(', ')}`);
}

/** What Steward's role in a source needs, and no more: to read the product's tables, and temporary tables for key sets. */
export async function grantReader(crmOwnerUrl: string): Promise<void> {
  await withClient(crmOwnerUrl, async (client) => {
    await client.query('GRANT TEMPORARY ON DATABASE crm TO crm_reader');
    await client.query('GRANT USAGE ON SCHEMA app TO crm_reader');
    await client.query('GRANT SELECT ON ALL TABLES IN SCHEMA app TO crm_reader');
    await client.query('ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO crm_reader');
  });
}

/**
 * What Steward's role for erasing needs beyond that: to delete and to mask, and Steward's own schema beside the product's, in
 * which a record's going and its row in the ledger commit together.
 */
export async function grantEraser(crmOwnerUrl: string): Promise<void> {
  await withClient(crmOwnerUrl, async (client) => {
    await client.query('GRANT TEMPORARY ON DATABASE crm TO crm_eraser');
    await client.query('GRANT USAGE ON SCHEMA app TO crm_eraser');
    await client.query('GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO crm_eraser');
    await client.query('ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT, UPDATE, DELETE ON TABLES TO crm_eraser');
    await client.query(sourceSchema('crm_eraser'));
  });
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
