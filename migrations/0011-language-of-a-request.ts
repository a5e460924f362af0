/** In which language the package of a request speaks to the person. */
import type { Knex } from 'knex';

export const config = { transaction: false };

/** A default that does not change per row needs no rewrite of the table, and the check is added unchecked first. */
export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.requests ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en'`,
    `ALTER TABLE steward.requests DROP CONSTRAINT IF EXISTS requests_language,
       ADD CONSTRAINT requests_language CHECK (language IN ('en', 'de')) NOT VALID`,
    'ALTER TABLE steward.requests VALIDATE CONSTRAINT requests_language',
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
