/** The sample CRM: a believable product schema, none of Steward's. Its customers and their staff. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE SCHEMA IF NOT EXISTS app;

    CREATE TABLE app.workspaces (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      contact_email text NOT NULL,
      plan text NOT NULL,
      created_at timestamptz NOT NULL
    );

    CREATE TABLE app.teams (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      name text NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.members (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      team_id uuid NOT NULL,
      email text NOT NULL,
      full_name text NOT NULL,
      manager_id uuid REFERENCES app.members (id),
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, team_id) REFERENCES app.teams (workspace_id, id)
    );
    CREATE INDEX ON app.members (workspace_id, team_id);
    CREATE INDEX ON app.members (manager_id);

    -- Written last by the generator: without it the data is not whole.
    CREATE TABLE app.sample_state (
      seed integer NOT NULL,
      people integer NOT NULL,
      finished_at timestamptz NOT NULL DEFAULT now()
    );
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
