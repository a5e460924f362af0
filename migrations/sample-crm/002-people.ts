/** Everybody whom a workspace knows: contacts, and the roles in which they appear. */
import type { Knex } from 'knex';

/** The columns and indexes by which a person is found, the same wherever one is. */
const identified = (table: string): string => `
  CREATE INDEX ON app.${table} (workspace_id, lower(email) text_pattern_ops);
  CREATE INDEX ON app.${table} (workspace_id, regexp_replace(phone, '[^0-9]', '', 'g'));
  CREATE INDEX ON app.${table} (workspace_id, external_id);`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.contacts (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      team_id uuid NOT NULL,
      owner_id uuid,
      external_id text,
      first_name text NOT NULL,
      last_name text NOT NULL,
      email text,
      secondary_email text,
      phone text,
      birthday date,
      address jsonb,
      custom_fields jsonb NOT NULL DEFAULT '{}',
      tags text[] NOT NULL DEFAULT '{}',
      referred_by uuid,
      primary_deal_id uuid,
      restricted_at timestamptz,
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, team_id) REFERENCES app.teams (workspace_id, id),
      FOREIGN KEY (workspace_id, owner_id) REFERENCES app.members (workspace_id, id),
      FOREIGN KEY (workspace_id, referred_by) REFERENCES app.contacts (workspace_id, id)
    );
    ${identified('contacts')}
    CREATE INDEX ON app.contacts (workspace_id, lower(secondary_email) text_pattern_ops);
    CREATE INDEX ON app.contacts (workspace_id, team_id);
    CREATE INDEX ON app.contacts (workspace_id, owner_id);
    CREATE INDEX ON app.contacts (workspace_id, referred_by);
    CREATE INDEX ON app.contacts (workspace_id, primary_deal_id);

    CREATE TYPE app.lead_state AS ENUM ('new', 'working', 'nurturing', 'converted', 'lost');
    CREATE TABLE app.leads (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      team_id uuid NOT NULL,
      contact_id uuid,
      external_id text,
      full_name text NOT NULL,
      email text,
      phone text,
      state app.lead_state NOT NULL,
      source text NOT NULL,
      budget numeric(14, 2),
      form_payload jsonb,
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, team_id) REFERENCES app.teams (workspace_id, id)
    );
    ${identified('leads')}
    CREATE INDEX ON app.leads (workspace_id, contact_id);
    CREATE INDEX ON app.leads (workspace_id, team_id);

    CREATE TABLE app.clients (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      external_id text,
      legal_name text NOT NULL,
      email text,
      phone text,
      tax_id text,
      bank_iban text,
      since date NOT NULL,
      restricted_at timestamptz,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    ${identified('clients')}
    CREATE INDEX ON app.clients (workspace_id, contact_id);

    CREATE TABLE app.signers (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      external_id text,
      full_name text NOT NULL,
      email text NOT NULL,
      phone text,
      identity_check jsonb,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    ${identified('signers')}
    CREATE INDEX ON app.signers (workspace_id, contact_id);

    CREATE TABLE app.prospects (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      external_id text,
      full_name text,
      email text,
      phone text,
      interests text[] NOT NULL DEFAULT '{}',
      score real,
      captured_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    ${identified('prospects')}
    CREATE INDEX ON app.prospects (workspace_id, contact_id);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
