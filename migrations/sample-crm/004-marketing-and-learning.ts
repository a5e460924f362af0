/** Courses with their students, campaigns with their recipients. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.courses (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      title text NOT NULL,
      lessons smallint NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.students (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid,
      external_id text,
      full_name text NOT NULL,
      email text NOT NULL,
      phone text,
      enrolled_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.students (workspace_id, lower(email) text_pattern_ops);
    CREATE INDEX ON app.students (workspace_id, regexp_replace(phone, '[^0-9]', '', 'g'));
    CREATE INDEX ON app.students (workspace_id, external_id);
    CREATE INDEX ON app.students (workspace_id, contact_id);

    CREATE TABLE app.enrolments (
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      student_id bigint NOT NULL,
      course_id uuid NOT NULL,
      progress real NOT NULL,
      grade text,
      certificate_no text,
      PRIMARY KEY (student_id, course_id),
      FOREIGN KEY (workspace_id, student_id) REFERENCES app.students (workspace_id, id),
      FOREIGN KEY (workspace_id, course_id) REFERENCES app.courses (workspace_id, id)
    );
    CREATE INDEX ON app.enrolments (workspace_id, student_id);
    CREATE INDEX ON app.enrolments (workspace_id, course_id);

    CREATE TABLE app.campaigns (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      name text NOT NULL,
      subject text NOT NULL,
      sent_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.recipients (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      campaign_id uuid NOT NULL,
      contact_id uuid,
      email text NOT NULL,
      merge_fields jsonb NOT NULL,
      delivered_at timestamptz,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, campaign_id) REFERENCES app.campaigns (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.recipients (workspace_id, lower(email) text_pattern_ops);
    CREATE INDEX ON app.recipients (workspace_id, campaign_id);
    CREATE INDEX ON app.recipients (workspace_id, contact_id);

    CREATE TYPE app.recipient_event_kind AS ENUM ('open', 'click', 'bounce', 'unsubscribe');
    CREATE TABLE app.recipient_events (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      recipient_id bigint NOT NULL,
      kind app.recipient_event_kind NOT NULL,
      at timestamptz NOT NULL,
      ip inet,
      user_agent text,
      url text,
      FOREIGN KEY (workspace_id, recipient_id) REFERENCES app.recipients (workspace_id, id)
    );
    CREATE INDEX ON app.recipient_events (workspace_id, recipient_id);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
