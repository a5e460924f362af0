/** Brings Steward's own schema to the newest version. Run by the owner role, before API and workers. */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import knexFactory from 'knex';
import type { Knex } from 'knex';
import { InvalidConfiguration } from '../domain/errors.ts';

const OWN_MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), '..', 'migrations');

/** Where the migrations that were applied are noted. */
export const MIGRATIONS_TABLE = 'steward_migrations';

/** Applies the migrations that are missing, each in a transaction, and answers their names. */
export async function migrate(ownerUrl: string): Promise<readonly string[]> {
  return migrateFolder(ownerUrl, OWN_MIGRATIONS, MIGRATIONS_TABLE);
}

/**
 * Brings an empty database to the schema that a backup was made of. Throws InvalidConfiguration when this version of Steward
 * does not know all of its migrations.
 */
export async function migrateTo(ownerUrl: string, migrations: readonly string[]): Promise<void> {
  const known = await fileSource(OWN_MIGRATIONS).getMigrations([]);
  const missing = migrations.filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw new InvalidConfiguration(`This version of Steward has no migration ${missing.join(', ')}: take a later one.`);
  await migrateFolder(ownerUrl, OWN_MIGRATIONS, MIGRATIONS_TABLE, migrations);
}

/** The same for another folder and table of done migrations: the sample CRM's. `only` leaves the others out. */
export async function migrateFolder(
  url: string,
  folder: string,
  tableName: string,
  only?: readonly string[],
): Promise<readonly string[]> {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
  try {
    // A live system's statement that waits for a lock blocks all that come after it: give up early and be run again.
    await knex.raw("SET lock_timeout = '5s'");
    const [, done] = (await knex.migrate.latest({ migrationSource: fileSource(folder, only), tableName })) as [
      number,
      string[],
    ];
    return done;
  } finally {
    await knex.destroy();
  }
}

function fileSource(folder: string, only?: readonly string[]): Knex.MigrationSource<string> {
  const isMeant = (name: string): boolean => /^\d.*\.ts$/.test(name) && (only?.includes(name) ?? true);
  return {
    getMigrations: async () => (await readdir(folder)).filter(isMeant).sort(),
    getMigrationName: (name) => name,
    getMigration: async (name) => (await import(pathToFileURL(join(folder, name)).href)) as Knex.Migration,
  };
}
