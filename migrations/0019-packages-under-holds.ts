/**
 * Why a package is still there when its time is over: the holds that its expiry found, until it finds them released. The column
 * has a constant for what is there already, so adding it rewrites nothing.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`ALTER TABLE steward.packages ADD COLUMN kept_by uuid[] NOT NULL DEFAULT '{}'`);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
