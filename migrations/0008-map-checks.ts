/** Results of comparing the data map with the live sources. They belong to no workspace. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Findings name tables and columns; no value of a row is among them.
    CREATE TABLE steward.map_checks (
      id uuid PRIMARY KEY,
      created_at timestamptz NOT NULL,
      map_version text NOT NULL,
      tables integer NOT NULL,
      columns integer NOT NULL,
      errors integer NOT NULL,
      warnings integer NOT NULL,
      findings jsonb NOT NULL
    );
    CREATE INDEX ON steward.map_checks (created_at DESC, id DESC);
    ALTER TABLE steward.map_checks ENABLE ROW LEVEL SECURITY;
    CREATE POLICY platform ON steward.map_checks USING (steward.in_platform()) WITH CHECK (steward.in_platform());
    GRANT SELECT ON steward.map_checks TO steward_app;
    GRANT SELECT, INSERT ON steward.map_checks TO steward_worker;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
