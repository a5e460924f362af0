/** Files, videos with their views, reports, and signed documents with their evidence. Objects lie in the media store. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.files (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      file_name text NOT NULL,
      content_type text NOT NULL,
      storage_key text NOT NULL UNIQUE,
      uploaded_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.files (workspace_id, contact_id);

    CREATE TABLE app.videos (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      title text NOT NULL,
      file_name text NOT NULL,
      storage_key text NOT NULL UNIQUE,
      poster_key text,
      recorded_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.videos (workspace_id, contact_id);

    CREATE TABLE app.video_views (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      video_id uuid NOT NULL,
      viewer_email text,
      ip inet,
      seconds real NOT NULL,
      at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, video_id) REFERENCES app.videos (workspace_id, id)
    );
    CREATE INDEX ON app.video_views (workspace_id, video_id);
    CREATE INDEX ON app.video_views (workspace_id, lower(viewer_email) text_pattern_ops);

    CREATE TABLE app.reports (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid NOT NULL,
      title text NOT NULL,
      summary jsonb NOT NULL,
      file_name text NOT NULL,
      storage_key text NOT NULL UNIQUE,
      created_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.reports (workspace_id, contact_id);

    CREATE TABLE app.documents (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      deal_id uuid,
      contact_id uuid NOT NULL,
      title text NOT NULL,
      status text NOT NULL,
      file_name text NOT NULL,
      storage_key text NOT NULL UNIQUE,
      restricted_at timestamptz,
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, deal_id) REFERENCES app.deals (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.documents (workspace_id, deal_id);
    CREATE INDEX ON app.documents (workspace_id, contact_id);

    CREATE TABLE app.document_signatures (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      document_id uuid NOT NULL,
      signer_id uuid NOT NULL,
      signed_at timestamptz,
      ip inet,
      evidence jsonb NOT NULL,
      seal bytea,
      FOREIGN KEY (workspace_id, document_id) REFERENCES app.documents (workspace_id, id),
      FOREIGN KEY (workspace_id, signer_id) REFERENCES app.signers (workspace_id, id)
    );
    CREATE INDEX ON app.document_signatures (workspace_id, document_id);
    CREATE INDEX ON app.document_signatures (workspace_id, signer_id);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
