/** Whether somebody looks at each package of a workspace before it goes out. The default is constant, which rewrites no row. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE steward.workspaces
      ADD COLUMN release text NOT NULL DEFAULT 'immediate'
        CONSTRAINT workspaces_release CHECK (release IN ('immediate', 'reviewed'))
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
