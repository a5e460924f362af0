/**
 * What else a workspace says of itself: whether somebody looks at each package before it goes out, and since when the laws
 * hold for it that do, so that a plan made under others is seen to be out of date. Both columns have a constant default, which rewrites no row.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE steward.workspaces
      ADD COLUMN release text NOT NULL DEFAULT 'immediate'
        CONSTRAINT workspaces_release CHECK (release IN ('immediate', 'reviewed')),
      ADD COLUMN jurisdictions_since timestamptz
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
