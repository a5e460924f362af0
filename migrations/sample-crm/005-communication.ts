/** What is said, noted, planned and done with a contact. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE app.notes (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid NOT NULL,
      author_id uuid,
      body text NOT NULL,
      created_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, author_id) REFERENCES app.members (workspace_id, id)
    );
    CREATE INDEX ON app.notes (workspace_id, contact_id);
    CREATE INDEX ON app.notes (workspace_id, author_id);

    CREATE TABLE app.activities (
      id bigint PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      contact_id uuid NOT NULL,
      deal_id uuid,
      kind text NOT NULL,
      payload jsonb NOT NULL,
      at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, deal_id) REFERENCES app.deals (workspace_id, id)
    );
    CREATE INDEX ON app.activities (workspace_id, contact_id);
    CREATE INDEX ON app.activities (workspace_id, deal_id);

    CREATE TABLE app.threads (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      subject text NOT NULL,
      created_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id)
    );

    CREATE TABLE app.messages (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      thread_id uuid NOT NULL,
      sender_contact_id uuid,
      recipient_contact_id uuid,
      body text NOT NULL,
      sent_at timestamptz NOT NULL,
      FOREIGN KEY (workspace_id, thread_id) REFERENCES app.threads (workspace_id, id),
      FOREIGN KEY (workspace_id, sender_contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, recipient_contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.messages (workspace_id, thread_id);
    CREATE INDEX ON app.messages (workspace_id, sender_contact_id);
    CREATE INDEX ON app.messages (workspace_id, recipient_contact_id);

    CREATE TABLE app.tasks (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      team_id uuid,
      contact_id uuid,
      assignee_id uuid,
      title text NOT NULL,
      due_on date,
      done boolean NOT NULL,
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id),
      FOREIGN KEY (workspace_id, team_id) REFERENCES app.teams (workspace_id, id),
      FOREIGN KEY (workspace_id, assignee_id) REFERENCES app.members (workspace_id, id)
    );
    CREATE INDEX ON app.tasks (workspace_id, contact_id);
    CREATE INDEX ON app.tasks (workspace_id, team_id);
    CREATE INDEX ON app.tasks (workspace_id, assignee_id);

    CREATE TABLE app.calendar_events (
      id uuid PRIMARY KEY,
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      organiser_id uuid,
      title text NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz NOT NULL,
      UNIQUE (workspace_id, id),
      FOREIGN KEY (workspace_id, organiser_id) REFERENCES app.members (workspace_id, id)
    );
    CREATE INDEX ON app.calendar_events (workspace_id, organiser_id);

    CREATE TABLE app.event_attendees (
      workspace_id uuid NOT NULL REFERENCES app.workspaces (id),
      event_id uuid NOT NULL,
      email text NOT NULL,
      contact_id uuid,
      response text NOT NULL,
      PRIMARY KEY (event_id, email),
      FOREIGN KEY (workspace_id, event_id) REFERENCES app.calendar_events (workspace_id, id),
      FOREIGN KEY (workspace_id, contact_id) REFERENCES app.contacts (workspace_id, id)
    );
    CREATE INDEX ON app.event_attendees (workspace_id, event_id);
    CREATE INDEX ON app.event_attendees (workspace_id, contact_id);
    CREATE INDEX ON app.event_attendees (workspace_id, lower(email) text_pattern_ops);
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
