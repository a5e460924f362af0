/** Properties, pipelines and deals. A contact has a primary deal and a deal has a contact: the schema's one cycle. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.properties (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      street text NOT NULL,
      city text NOT NULL,
      price numeric(14, 2) NOT NULL,
      bedrooms smallint NOT NULL,
      photo_key text,
      listed_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.pipelines (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      name text NOT NULL,
      stages jsonb NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.deals (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      team_id uuid,
      pipeline_id uuid NOT NULL,
      contact_id uuid NOT NULL,
      property_id uuid,
      title text NOT NULL,
      stage text NOT NULL,
      value numeric(14, 2) NOT NULL,
      currency char(3) NOT NULL,
      expected_close date,
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, team_id) REFERENCES app.teams (workspace_id, id),
      FOREIGN KEY (workspace_id, pipeline_id) REFERENCES app.pipelines (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, property_id) REFERENCES app.properties (workspace_id, id)
    );
    CREATE INDEX ON app.deals (workspace_id, team_id);
    CREATE INDEX ON app.deals (workspace_id, pipeline_id);
    CREATE INDEX ON app.deals (workspace_id, contact_id);
    CREATE INDEX ON app.deals (workspace_id, property_id);
    ALTER TABLE app.contacts ADD FOREIGN KEY (workspace_id, primary_deal_id) REFERENCES app.deals (workspace_id, id);

    CREATE TABLE app.deal_participants (
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      deal_id uuid NOT NULL,
      contact_id uuid NOT NULL,
      role text NOT NULL,
      PRIMARY KEY (deal_id, contact_id),
      FOREIGN KEY (workspace_id, deal_id) REFERENCES app.deals (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.deal_participants (workspace_id, deal_id);
    CREATE INDEX ON app.deal_participants (workspace_id, contact_id);

    CREATE TABLE app.showings (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      property_id uuid NOT NULL,
      contact_id uuid NOT NULL,
      agent_id uuid,
      at timestamptz NOT NULL,
      feedback text,
      FOREIGN KEY (workspace_id, property_id) REFERENCES app.properties (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, agent_id) REFERENCES app.members (workspace_id, id)
    );
    CREATE INDEX ON app.showings (workspace_id, property_id);
    CREATE INDEX ON app.showings (workspace_id, contact_id);
    CREATE INDEX ON app.showings (workspace_id, agent_id);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
