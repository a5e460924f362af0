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

const TOMBSTONES = `
  -- Never written before. A tombstone stands for an identifier of a person; rows are in the erasure journal.
  ALTER TABLE steward.tombstones
    DROP COLUMN source,
    DROP COLUMN collection,
    DROP COLUMN row_identity,
    ADD COLUMN erasure_id uuid NOT NULL,
    ADD COLUMN instruction_version integer,
    ADD FOREIGN KEY (workspace_id, erasure_id) REFERENCES steward.erasures (workspace_id, id);
  CREATE INDEX ON steward.tombstones (workspace_id, erasure_id);
  REVOKE INSERT ON steward.tombstones FROM steward_app;
  GRANT UPDATE ON steward.tombstones TO steward_worker;
`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(ACTIVATIONS);
  await knex.raw(TOMBSTONES);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
