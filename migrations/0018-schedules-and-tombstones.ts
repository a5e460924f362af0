/**
 * When which edition of the retention schedule came into force, for an edition can come back; and tombstones that are of a
 * person. No table that is in use is locked for longer than it takes to change its description.
 */
import type { Knex } from 'knex';

const ACTIVATIONS = `
  CREATE TABLE steward.retention_activations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_version text NOT NULL REFERENCES steward.retention_schedules (version),
    activated_at timestamptz NOT NULL,
    activated_by text NOT NULL
  );
  ALTER TABLE steward.retention_activations ENABLE ROW LEVEL SECURITY;
  CREATE POLICY read ON steward.retention_activations FOR SELECT USING (true);
  CREATE POLICY platform ON steward.retention_activations USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.retention_activations TO steward_app, steward_worker;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(ACTIVATIONS);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
