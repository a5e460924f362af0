/** A database for as long as something is tried out in it. */
import { randomUUID } from 'node:crypto';
import { escapeIdentifier } from 'pg';
import { inDatabase, withConnection } from './connection.ts';

const NAMES = 'steward_drill_';

/**
 * On the server of `url`, whose role may create databases; nobody else may connect to it. What a trial that died left behind
 * goes first, for there is one at a time. Throws Unavailable and DatabaseFailure.
 */
export async function withScratchDatabase<T>(url: string, work: (url: string) => Promise<T>): Promise<T> {
  await dropLeftOver(url);
  const name = `${NAMES}${randomUUID().replaceAll('-', '')}`;
  await run(url, `CREATE DATABASE ${name}`);
  try {
    await run(url, `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    return await work(inDatabase(url, name));
  } finally {
    await run(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

async function dropLeftOver(url: string): Promise<void> {
  await withConnection(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database
        WHERE starts_with(datname, $1) AND datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)`,
      [NAMES],
    );
    for (const { name } of rows) await client.query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
  });
}

async function run(url: string, statement: string): Promise<void> {
  await withConnection(url, async (client) => {
    await client.query(statement);
  });
}
