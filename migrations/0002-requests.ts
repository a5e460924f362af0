/** Requests with their identities, matches, counts, timeline, data keys, the outbox and idempotency keys. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Data keys live in a schema of their own, so that backups can leave it out: destroying a key must not be undone by a
    -- restore.
    CREATE SCHEMA IF NOT EXISTS keys;
    GRANT USAGE ON SCHEMA keys TO steward_app, steward_worker;
    CREATE TABLE keys.data_keys (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      wrapped bytea,
      wrapping_key_id text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      destroyed_at timestamptz,
      PRIMARY KEY (workspace_id, id),
      CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
    );
    CALL steward.isolate('keys.data_keys');
    GRANT SELECT, INSERT ON keys.data_keys TO steward_app;
    GRANT SELECT, UPDATE (wrapped, destroyed_at) ON keys.data_keys TO steward_worker;

    CREATE TABLE steward.requests (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      team_id text,
      type text NOT NULL CONSTRAINT requests_type CHECK (type IN ('access', 'portability', 'erasure', 'rectification',
        'restriction', 'objection')),
      regime text NOT NULL CONSTRAINT requests_regime CHECK (regime IN ('gdpr', 'uk_gdpr', 'ccpa', 'iowa', 'lgpd', 'pipa',
        'quebec_25', 'pipeda', 'contract')),
      regime_source text NOT NULL,
      status text NOT NULL CONSTRAINT requests_status CHECK (status IN ('received', 'awaiting_instruction', 'locating',
        'packaging', 'delivering', 'completed', 'cancelled')),
      outcome text CONSTRAINT requests_outcome CHECK (outcome IN ('fulfilled', 'partially_fulfilled', 'not_required',
        'not_feasible', 'refused_by_controller', 'withdrawn', 'no_data')),
      received_by_controller_at timestamptz NOT NULL,
      received_by_us_at timestamptz NOT NULL,
      legal_due_at timestamptz NOT NULL,
      contractual_due_at timestamptz NOT NULL,
      instruction_id uuid,
      instruction_version integer,
      filed_by uuid NOT NULL REFERENCES steward.principals (id),
      data_key_id uuid NOT NULL,
      map_version text,
      age_recipient text,
      body_digest bytea NOT NULL,
      waiting_since timestamptz,
      needs_attention boolean NOT NULL DEFAULT false,
      -- Which service an activity of this request keeps failing on, and since when: "waiting" that is nobody's decision.
      blocked_by text CHECK (blocked_by IN ('database', 'source', 'storage', 'mail', 'temporal', 'package', 'data_map', 'unknown')),
      blocked_since timestamptz,
      closed_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, instruction_id, instruction_version) REFERENCES steward.instructions (workspace_id, id, version),
      FOREIGN KEY (workspace_id, data_key_id) REFERENCES keys.data_keys (workspace_id, id),
      CHECK ((instruction_id IS NULL) = (instruction_version IS NULL)),
      CHECK ((outcome IS NULL) = (closed_at IS NULL)),
      CHECK ((blocked_by IS NULL) = (blocked_since IS NULL))
    );
    CREATE INDEX ON steward.requests (workspace_id, created_at DESC, id DESC);
    CREATE INDEX ON steward.requests (workspace_id, legal_due_at) WHERE closed_at IS NULL;
    CALL steward.isolate('steward.requests');
    GRANT SELECT, INSERT, UPDATE ON steward.requests TO steward_app;
    GRANT SELECT, UPDATE ON steward.requests TO steward_worker;

    -- Identifiers are sealed with the request's data key; the blind index beside them finds equal ones without opening.
    CREATE TABLE steward.request_identities (
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      ordinal integer NOT NULL,
      type text NOT NULL,
      sealed_value bytea NOT NULL,
      blind_index bytea NOT NULL,
      PRIMARY KEY (workspace_id, request_id, ordinal),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CREATE INDEX ON steward.request_identities (workspace_id, blind_index);
    CALL steward.isolate('steward.request_identities');
    GRANT SELECT, INSERT ON steward.request_identities TO steward_app;
    GRANT SELECT ON steward.request_identities TO steward_worker;

    -- Which row of which source was found to be the person, by which identifier, how surely. A later merge or split of
    -- two subjects is a new record that supersedes, never an edit.
    CREATE TABLE steward.match_records (
      id bigint GENERATED ALWAYS AS IDENTITY,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      subject_id uuid NOT NULL,
      source text NOT NULL,
      collection text NOT NULL,
      row_key jsonb NOT NULL,
      identity_ordinal integer,
      confidence text NOT NULL CHECK (confidence IN ('exact', 'probable', 'weak')),
      relation text NOT NULL DEFAULT 'match' CHECK (relation IN ('match', 'merge', 'split')),
      superseded_by bigint,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, id),
      UNIQUE (workspace_id, request_id, source, collection, row_key, identity_ordinal),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CALL steward.isolate('steward.match_records');
    GRANT SELECT ON steward.match_records TO steward_app;
    GRANT SELECT, INSERT, UPDATE (superseded_by), DELETE ON steward.match_records TO steward_worker;

    CREATE TABLE steward.request_counts (
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      source text NOT NULL,
      collection text NOT NULL,
      rows bigint NOT NULL CHECK (rows >= 0),
      PRIMARY KEY (workspace_id, request_id, source, collection),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CALL steward.isolate('steward.request_counts');
    GRANT SELECT ON steward.request_counts TO steward_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON steward.request_counts TO steward_worker;

    -- The timeline of a request, in codes with figures; the words are the reader's interface's.
    CREATE TABLE steward.request_events (
      id bigint GENERATED ALWAYS AS IDENTITY,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      kind text NOT NULL,
      actor uuid,
      status text,
      details jsonb NOT NULL DEFAULT '{}',
      -- An activity that is repeated writes its event once.
      dedupe text,
      PRIMARY KEY (workspace_id, id),
      UNIQUE (workspace_id, request_id, dedupe),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CREATE INDEX ON steward.request_events (workspace_id, request_id, id);
    CALL steward.isolate('steward.request_events');
    GRANT SELECT, INSERT ON steward.request_events TO steward_app, steward_worker;

    -- What must reach Temporal: written with the row it is about, in one transaction, and sent by whoever comes first.
    CREATE TABLE steward.outbox (
      id bigint GENERATED ALWAYS AS IDENTITY,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      message text NOT NULL CHECK (message IN ('start', 'instruct', 'cancel')),
      created_at timestamptz NOT NULL DEFAULT now(),
      sent_at timestamptz,
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CREATE INDEX ON steward.outbox (id) WHERE sent_at IS NULL;
    CREATE INDEX ON steward.outbox (workspace_id, request_id);
    CALL steward.isolate('steward.outbox');
    CREATE POLICY sweep ON steward.outbox FOR SELECT TO steward_worker USING (steward.in_platform());
    GRANT SELECT, INSERT, UPDATE (sent_at) ON steward.outbox TO steward_app;
    GRANT SELECT, UPDATE (sent_at) ON steward.outbox TO steward_worker;

    CREATE TABLE steward.idempotency_keys (
      workspace_id uuid NOT NULL,
      principal_id uuid NOT NULL REFERENCES steward.principals (id),
      operation text NOT NULL,
      key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
      body_digest bytea NOT NULL,
      resource_id text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, principal_id, operation, key)
    );
    CALL steward.isolate('steward.idempotency_keys');
    GRANT SELECT, INSERT ON steward.idempotency_keys TO steward_app;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
