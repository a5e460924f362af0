/**
 * The records that deletion review, holds and erasure stand on. They are made with the first edition, although their
 * workflows come later, because a column that says whose rule, which party or which snapshot cannot be filled in
 * afterwards.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE steward.retention_rules (
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      id text NOT NULL,
      version integer NOT NULL CHECK (version > 0),
      record_class text NOT NULL,
      party text NOT NULL CHECK (party IN ('controller', 'processor')),
      force text NOT NULL CHECK (force IN ('mandatory', 'claims', 'business_default')),
      requirement text NOT NULL CHECK (requirement IN ('legal', 'billing', 'security', 'signed_document', 'audit',
        'backup', 'transaction_retention')),
      purpose text NOT NULL CHECK (purpose IN ('legitimate_business', 'legal', 'tax', 'fraud_prevention', 'security',
        'dispute', 'compliance')),
      exemption text,
      basis text NOT NULL,
      definition jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, id, version),
      -- A rule that defeats an erasure request cites what allows it to (GDPR Art. 17(3), Cal. Civ. Code 1798.105(d)).
      CHECK (force = 'business_default' OR exemption IS NOT NULL)
    );
    CALL steward.isolate('steward.retention_rules');

    CREATE TABLE steward.holds (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      party text NOT NULL CHECK (party IN ('controller', 'processor')),
      visibility text NOT NULL CHECK (visibility IN ('processor', 'controller', 'subject')),
      matter text NOT NULL,
      authority text NOT NULL,
      purpose text NOT NULL CHECK (purpose IN ('legal', 'tax', 'fraud_prevention', 'security', 'dispute', 'compliance')),
      scope jsonb NOT NULL,
      state text NOT NULL CHECK (state IN ('pending', 'effective', 'released')),
      created_by uuid NOT NULL REFERENCES steward.principals (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      effective_at timestamptz,
      review_at timestamptz,
      released_by uuid REFERENCES steward.principals (id),
      released_at timestamptz,
      PRIMARY KEY (workspace_id, id),
      CHECK ((released_at IS NULL) = (released_by IS NULL)),
      CHECK (released_by IS DISTINCT FROM created_by)
    );
    CALL steward.isolate('steward.holds');

    CREATE TABLE steward.hold_journal (
      id bigint GENERATED ALWAYS AS IDENTITY,
      workspace_id uuid NOT NULL,
      hold_id uuid NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      actor uuid NOT NULL REFERENCES steward.principals (id),
      change jsonb NOT NULL,
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, hold_id) REFERENCES steward.holds (workspace_id, id)
    );
    CALL steward.isolate('steward.hold_journal');

    -- Decisions are kept by class and combination of grounds; exceptions are kept by record. Each holds a snapshot of its
    -- grounds with the rules' versions, so that it explains itself after the rules have changed.
    CREATE TABLE steward.decisions (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      record_class text NOT NULL,
      row_key jsonb,
      decision text NOT NULL CHECK (decision IN ('erase', 'pseudonymise', 'retain')),
      grounds jsonb NOT NULL,
      map_version text NOT NULL,
      retain_until timestamptz,
      decided_by uuid REFERENCES steward.principals (id),
      instruction_id uuid,
      instruction_version integer,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, request_id, id),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    ) PARTITION BY HASH (workspace_id);
    DO $$ BEGIN
      FOR i IN 0..7 LOOP
        EXECUTE format('CREATE TABLE steward.decisions_%s PARTITION OF steward.decisions
                        FOR VALUES WITH (MODULUS 8, REMAINDER %s)', i, i);
      END LOOP;
    END $$;
    CALL steward.isolate('steward.decisions');

    CREATE TABLE steward.certificates (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      audience text NOT NULL CHECK (audience IN ('processor', 'controller', 'subject')),
      supersedes uuid,
      map_version text NOT NULL,
      storage_key text NOT NULL,
      sha256 bytea NOT NULL,
      issued_at timestamptz NOT NULL,
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id),
      FOREIGN KEY (workspace_id, supersedes) REFERENCES steward.certificates (workspace_id, id)
    );
    CALL steward.isolate('steward.certificates');

    CREATE TABLE steward.tombstones (
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      digest bytea NOT NULL,
      digest_key_id text NOT NULL,
      purpose text NOT NULL CHECK (purpose IN ('restore_replay', 'reimport_suppression')),
      source text NOT NULL,
      collection text NOT NULL,
      row_identity bytea,
      instruction_id uuid,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      lifted_at timestamptz,
      PRIMARY KEY (workspace_id, purpose, digest),
      -- Refusing a re-import keeps an identifier's hash alive, which only the controller can ask for.
      CHECK (purpose = 'restore_replay' OR instruction_id IS NOT NULL)
    );
    CREATE INDEX ON steward.tombstones (expires_at);
    CALL steward.isolate('steward.tombstones');
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
