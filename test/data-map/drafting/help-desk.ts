/**
 * Somebody else's schema: an excerpt, from memory, of how open-source help desks such as Chatwoot lay out their tables. Bigint
 * keys, `account_id` as the tenant, few foreign keys, a cascade, a trigger, and tables that belong to nobody's workspace.
 */
export const HELP_DESK_DDL = `
  CREATE TABLE accounts (id bigserial PRIMARY KEY, name varchar NOT NULL, locale integer DEFAULT 0, created_at timestamp NOT NULL);
  CREATE TABLE users (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts (id), email varchar NOT NULL, name varchar NOT NULL,
    encrypted_password varchar NOT NULL, current_sign_in_ip varchar, tokens json, created_at timestamp NOT NULL
  );
  CREATE TABLE inboxes (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, name varchar NOT NULL, channel_type varchar, greeting_message varchar
  );
  CREATE TABLE addresses (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, street varchar, city varchar, zip_code varchar, country_code char(2)
  );
  CREATE TABLE contacts (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts (id), name varchar, email varchar,
    phone_number varchar, identifier varchar, additional_attributes jsonb DEFAULT '{}', custom_attributes jsonb DEFAULT '{}',
    address_id bigint REFERENCES addresses (id), merged_into_id bigint REFERENCES contacts (id), handle varchar,
    avatar_url varchar, last_activity_at timestamp, created_at timestamp NOT NULL
  );
  CREATE TABLE contact_inboxes (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, contact_id bigint NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    inbox_id bigint NOT NULL REFERENCES inboxes (id), source_id varchar NOT NULL, hmac_token varchar
  );
  CREATE TABLE conversations (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, inbox_id bigint NOT NULL, status integer NOT NULL DEFAULT 0,
    assignee_id bigint REFERENCES users (id), contact_id bigint, display_id integer NOT NULL, uuid uuid NOT NULL,
    created_at timestamp NOT NULL, UNIQUE (account_id, display_id)
  );
  CREATE TABLE messages (
    id serial PRIMARY KEY, account_id bigint NOT NULL, conversation_id bigint NOT NULL REFERENCES conversations (id),
    inbox_id bigint NOT NULL, content text, message_type integer NOT NULL, sender_type varchar, sender_id bigint,
    content_attributes json, created_at timestamp NOT NULL
  );
  CREATE INDEX ON messages (account_id, conversation_id);
  CREATE TABLE attachments (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, message_id integer NOT NULL REFERENCES messages (id), file_key varchar
  );
  CREATE TABLE csat_survey_responses (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL, conversation_id bigint NOT NULL REFERENCES conversations (id),
    contact_id bigint NOT NULL REFERENCES contacts (id), rating integer NOT NULL, feedback_message text
  );
  CREATE TABLE taggings (tag varchar NOT NULL, taggable_type varchar NOT NULL, taggable_id bigint NOT NULL);
  CREATE TABLE schema_migrations (version varchar PRIMARY KEY);
  CREATE VIEW open_conversations AS SELECT * FROM conversations WHERE status = 0;
  CREATE FUNCTION number_conversation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
  CREATE TRIGGER conversations_before_insert BEFORE INSERT ON conversations FOR EACH ROW EXECUTE FUNCTION number_conversation();`;

/** The values by whose form a column without a telling name is recognised, and that no draft may repeat. */
export const HELP_DESK_VALUES = ['ana.pereira@clinic.example', '+55 11 91234 5678', 'ana-p@chat.example'] as const;

export const HELP_DESK_ROWS = `
  INSERT INTO accounts (name, created_at) VALUES ('Clinic', now());
  INSERT INTO contacts (account_id, name, email, phone_number, handle, created_at)
    SELECT 1, 'Ana Pereira', '${HELP_DESK_VALUES[0]}', '${HELP_DESK_VALUES[1]}', '${HELP_DESK_VALUES[2]}', now() FROM generate_series(1, 20);`;
