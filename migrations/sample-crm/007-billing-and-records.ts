/** Invoices and payments, consents, integrations, merge snapshots and the product's own audit trail. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.invoices (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      client_id uuid NOT NULL,
      number text NOT NULL,
      total numeric(14, 2) NOT NULL,
      currency char(3) NOT NULL,
      billing_address jsonb NOT NULL,
      issued_at timestamptz NOT NULL,
      paid_at timestamptz,
      UNIQUE (workspace_id, id),
      UNIQUE (workspace_id, number),
      FOREIGN KEY (workspace_id, client_id) REFERENCES app.clients (workspace_id, id)
    );
    CREATE INDEX ON app.invoices (workspace_id, client_id);

    CREATE TABLE app.invoice_lines (
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      invoice_id uuid NOT NULL,
      line_no smallint NOT NULL,
      description text NOT NULL,
      amount numeric(14, 2) NOT NULL,
      PRIMARY KEY (invoice_id, line_no),
      FOREIGN KEY (workspace_id, invoice_id) REFERENCES app.invoices (workspace_id, id)
    );
    CREATE INDEX ON app.invoice_lines (workspace_id, invoice_id);

    CREATE TABLE app.payments (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      invoice_id uuid NOT NULL,
      amount numeric(14, 2) NOT NULL,
      method text NOT NULL,
      card_last4 char(4),
      payer_name text,
      paid_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, invoice_id) REFERENCES app.invoices (workspace_id, id)
    );
    CREATE INDEX ON app.payments (workspace_id, invoice_id);

    CREATE TABLE app.consents (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      email text NOT NULL,
      purpose text NOT NULL,
      given_at timestamptz NOT NULL,
      withdrawn_at timestamptz,
      evidence jsonb NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.consents (workspace_id, contact_id);
    CREATE INDEX ON app.consents (workspace_id, lower(email) text_pattern_ops);

    CREATE TABLE app.integrations (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      provider text NOT NULL,
      settings jsonb NOT NULL,
      UNIQUE (workspace_id, id)
    );

    -- Keyed by what the other system calls the record.
    CREATE TABLE app.sync_records (
      remote_key text PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      integration_id uuid NOT NULL,
      contact_id uuid NOT NULL,
      payload jsonb NOT NULL,
      synced_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, integration_id) REFERENCES app.integrations (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.sync_records (workspace_id, integration_id);
    CREATE INDEX ON app.sync_records (workspace_id, contact_id);

    -- A full copy of a contact that was merged into another: the copy that erasures tend to forget.
    CREATE TABLE app.merge_snapshots (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      merged_into uuid NOT NULL,
      merged_email text,
      snapshot jsonb NOT NULL,
      merged_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, merged_into) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.merge_snapshots (workspace_id, merged_into);
    CREATE INDEX ON app.merge_snapshots (workspace_id, lower(merged_email) text_pattern_ops);

    -- No foreign key to its subject: it outlives it.
    CREATE TABLE app.audit_events (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      actor_id uuid,
      action text NOT NULL,
      contact_id uuid,
      details jsonb NOT NULL,
      at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, actor_id) REFERENCES app.members (workspace_id, id)
    );
    CREATE INDEX ON app.audit_events (workspace_id, actor_id);
    CREATE INDEX ON app.audit_events (workspace_id, contact_id);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
