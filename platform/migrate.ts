/** Brings Steward's own schema to the newest version. Run by the owner role, before API and workers. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import knexFactory from 'knex';
import type { Knex } from 'knex';

const OWN_MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '..', 'migrations');

/** Applies the migrations that are missing, each in a transaction, and answers their names. */
export async function migrate(ownerUrl: string): Promise<readonly string[]> {
  return migrateFolder(ownerUrl, OWN_MIGRATIONS, 'steward_migrations');
}

/** The same for another folder and table of done migrations: the sample CRM's. */
export async function migrateFolder(url: string, folder: string, tableName: string): Promise<readonly string[]> {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
  try {
    // A live system's statement that waits for a lock blocks all that come after it: give up early and be run again.
    await knex.raw("SET lock_timeout = '5s'");
    const [, done] = (await knex.migrate.latest({ migrationSource: fileSource(folder), tableName })) as [
      number,
      string[],
    ];
    return done;
  } finally {
    await knex.destroy();
  }
}

function fileSource(folder: string): Knex.MigrationSource<string> {
  return {
    getMigrations: async () => (await readdir(folder)).filter((name) => /^\d.*\.ts$/.test(name)).sort(),
    getMigrationName: (name) => name,
    getMigration: async (name) => (await import(pathToFileURL(join(folder, name)).href)) as Knex.Migration,
  };
}
