/**
 * Erasure: the review of what is to be erased, who approved it, the schedule that it was decided under, what holds mean to
 * each source, and what proves the outcome. The tables for decisions, holds and certificates stand since the first edition
 * and were never written; they get what their first use needs. No table that is in use is locked for longer than it takes
 * to add a column.
 */
import type { Knex } from 'knex';

const SCHEDULES = `
  -- A schedule is the processor's edition for all workspaces, so it belongs to none. One is in force at a time.
  CREATE TABLE steward.retention_schedules (
    version text PRIMARY KEY CHECK (version ~ '^[0-9a-f]{64}$'),
    name text NOT NULL,
    document text NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT now(),
    activated_by text NOT NULL,
    retired_at timestamptz
  );
  CREATE UNIQUE INDEX retention_schedules_in_force ON steward.retention_schedules ((true)) WHERE retired_at IS NULL;
  ALTER TABLE steward.retention_schedules ENABLE ROW LEVEL SECURITY;
  CREATE POLICY read ON steward.retention_schedules FOR SELECT USING (true);
  CREATE POLICY platform ON steward.retention_schedules USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.retention_schedules TO steward_app, steward_worker;

  -- Each wording that a rule has had. A ground names rule and version, so a decision explains itself when the schedule is
  -- another one.
  DROP TABLE steward.retention_rules;
  CREATE TABLE steward.retention_rules (
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
    first_schedule text NOT NULL REFERENCES steward.retention_schedules (version),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version),
    -- A rule that defeats an erasure request cites what allows it to (GDPR Art. 17(3), Cal. Civ. Code 1798.105(d)).
    CHECK (force = 'business_default' OR exemption IS NOT NULL)
  );
  ALTER TABLE steward.retention_rules ENABLE ROW LEVEL SECURITY;
  CREATE POLICY read ON steward.retention_rules FOR SELECT USING (true);
  CREATE POLICY platform ON steward.retention_rules USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.retention_rules TO steward_app, steward_worker;
`;

const ERASURES = `
  -- One review and what came of it. A request has one for each of its runs.
  CREATE TABLE steward.erasures (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal > 0),
    -- Counts the plans; a plan is made again after a hold, an override or a change of the data.
    generation integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
    map_version text,
    schedule_version text REFERENCES steward.retention_schedules (version),
    -- The fence's epoch in each source, under which the present plan was made.
    epochs jsonb NOT NULL DEFAULT '{}',
    planned_at timestamptz,
    cooling_off_until timestamptz,
    -- Of the keyed hashes of what is erased.
    leaf_key_id text,
    begun_at timestamptz,
    erased_at timestamptz,
    -- Figures of the rescan: ids and counts only.
    verification jsonb,
    verified_at timestamptz,
    certified_at timestamptz,
    closed_at timestamptz,
    -- When the first ground of what was retained ends; NULL when none does by itself.
    review_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, request_id, ordinal),
    FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
  );
  CREATE UNIQUE INDEX erasures_open ON steward.erasures (workspace_id, request_id) WHERE closed_at IS NULL;
  CREATE INDEX erasures_due ON steward.erasures (review_at) WHERE review_at IS NOT NULL;
  CALL steward.isolate('steward.erasures');
  GRANT SELECT ON steward.erasures TO steward_app;
  GRANT SELECT, INSERT, UPDATE ON steward.erasures TO steward_worker;

  -- A word on a decision. A decision that changes, or that turns out to concern more records, voids those before.
  CREATE TABLE steward.decision_approvals (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    principal_id uuid NOT NULL REFERENCES steward.principals (id),
    party text NOT NULL CHECK (party IN ('controller', 'processor')),
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    instruction_id uuid NOT NULL,
    instruction_version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    voided_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, request_id, decision_id) REFERENCES steward.decisions (workspace_id, request_id, id)
  );
  CREATE UNIQUE INDEX decision_approvals_once ON steward.decision_approvals (workspace_id, decision_id, principal_id)
    WHERE voided_at IS NULL;
  CALL steward.isolate('steward.decision_approvals');
  GRANT SELECT, INSERT ON steward.decision_approvals TO steward_app;
  GRANT SELECT, UPDATE (voided_at) ON steward.decision_approvals TO steward_worker;

  -- Somebody's decision that differs from what the schedule says, for all records with a ground or for one record.
  CREATE TABLE steward.erasure_overrides (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('keep', 'set_aside')),
    -- A rule's id or an exception's name; NULL when it is about a record.
    ground text,
    collection text,
    row_key jsonb,
    sealed_reason bytea NOT NULL,
    principal_id uuid NOT NULL REFERENCES steward.principals (id),
    party text NOT NULL CHECK (party IN ('controller', 'processor')),
    instruction_id uuid NOT NULL,
    instruction_version integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, erasure_id) REFERENCES steward.erasures (workspace_id, id),
    CHECK ((ground IS NULL) = (row_key IS NOT NULL)),
    CHECK ((collection IS NULL) = (row_key IS NULL)),
    CHECK (kind = 'keep' OR ground IS NOT NULL)
  );
  CREATE INDEX ON steward.erasure_overrides (workspace_id, erasure_id);
  CALL steward.isolate('steward.erasure_overrides');
  GRANT SELECT, INSERT, UPDATE (withdrawn_at) ON steward.erasure_overrides TO steward_app;
  GRANT SELECT ON steward.erasure_overrides TO steward_worker;

  -- The ledger of media: by a keyed hash, for a key can hold a name.
  CREATE TABLE steward.media_erasures (
    workspace_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    store text NOT NULL,
    object_digest bytea NOT NULL,
    -- With versions and what is derived from it.
    objects integer NOT NULL CHECK (objects >= 0),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, erasure_id, store, object_digest),
    FOREIGN KEY (workspace_id, erasure_id) REFERENCES steward.erasures (workspace_id, id)
  );
  CALL steward.isolate('steward.media_erasures');
  GRANT SELECT ON steward.media_erasures TO steward_app;
  GRANT SELECT, INSERT ON steward.media_erasures TO steward_worker;
`;

const HOLDS = `
  -- Whom a hold is about, sealed with the hold's data key.
  CREATE TABLE steward.hold_identities (
    workspace_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    ordinal integer NOT NULL,
    type text NOT NULL,
    format text NOT NULL DEFAULT 'raw' CHECK (format IN ('raw', 'sha1', 'md5', 'sha256')),
    sealed_value bytea NOT NULL,
    blind_index bytea NOT NULL,
    PRIMARY KEY (workspace_id, hold_id, ordinal),
    FOREIGN KEY (workspace_id, hold_id) REFERENCES steward.holds (workspace_id, id)
  );
  CREATE INDEX ON steward.hold_identities (workspace_id, blind_index);
  CALL steward.isolate('steward.hold_identities');
  GRANT SELECT, INSERT ON steward.hold_identities TO steward_app;
  GRANT SELECT ON steward.hold_identities TO steward_worker;

  -- Whether a source knows of the hold: until its fence was raised, its erasures are blocked.
  CREATE TABLE steward.hold_sources (
    workspace_id uuid NOT NULL,
    hold_id uuid NOT NULL,
    source text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'effective')),
    epoch bigint,
    effective_at timestamptz,
    -- Erasures of the workspace that were under way, by which something may have been erased before.
    erasures_before uuid[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, hold_id, source),
    FOREIGN KEY (workspace_id, hold_id) REFERENCES steward.holds (workspace_id, id)
  );
  CALL steward.isolate('steward.hold_sources');
  GRANT SELECT, INSERT ON steward.hold_sources TO steward_app;
  GRANT SELECT, UPDATE ON steward.hold_sources TO steward_worker;
  GRANT SELECT, INSERT, UPDATE ON steward.holds TO steward_app;
  GRANT SELECT, UPDATE ON steward.holds TO steward_worker;
  GRANT SELECT, INSERT ON steward.hold_journal TO steward_app, steward_worker;
`;

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    SCHEDULES,
    ERASURES,
    // Never written before: no row waits for these.
    `ALTER TABLE steward.decisions
       ADD COLUMN erasure_id uuid NOT NULL,
       ADD COLUMN source text NOT NULL,
       ADD COLUMN collection text NOT NULL,
       -- Names the combination of grounds: records of a collection that agree in it share the decision.
       ADD COLUMN combination text NOT NULL,
       ADD COLUMN rows bigint NOT NULL CHECK (rows >= 0),
       ADD COLUMN keeps text[] NOT NULL DEFAULT '{}',
       ADD COLUMN doubts text[] NOT NULL DEFAULT '{}',
       -- Of its records, when the first and the last are no longer retained; NULL is open.
       ADD COLUMN ends_first timestamptz,
       ADD COLUMN ends_last timestamptz,
       ADD COLUMN approvals_needed integer NOT NULL DEFAULT 1 CHECK (approvals_needed BETWEEN 0 AND 2),
       -- The plan that found it last; what an older plan found alone is no longer there.
       ADD COLUMN generation integer NOT NULL`,
    `CREATE UNIQUE INDEX ON steward.decisions (workspace_id, erasure_id, source, collection, combination)`,
    `GRANT SELECT ON steward.decisions TO steward_app`,
    `GRANT SELECT, INSERT, UPDATE ON steward.decisions TO steward_worker`,
    HOLDS,
    `ALTER TABLE steward.holds ADD COLUMN data_key_id uuid`,
    `ALTER TABLE steward.holds ADD COLUMN instruction_id uuid, ADD COLUMN instruction_version integer`,
    `ALTER TABLE steward.certificates ADD COLUMN erasure_id uuid NOT NULL,
       ADD COLUMN ordinal integer NOT NULL DEFAULT 1,
       ADD COLUMN kind text NOT NULL DEFAULT 'erasure' CHECK (kind IN ('erasure', 'supplement'))`,
    `CREATE UNIQUE INDEX ON steward.certificates (workspace_id, erasure_id, ordinal, audience)`,
    `GRANT SELECT ON steward.certificates TO steward_app`,
    `GRANT SELECT, INSERT ON steward.certificates TO steward_worker`,
    `GRANT SELECT, INSERT, UPDATE (lifted_at) ON steward.tombstones TO steward_app`,
    `GRANT SELECT, INSERT, DELETE ON steward.tombstones TO steward_worker`,
    // Empty: nobody said where the workspace is, so every country's rules hold.
    `ALTER TABLE steward.workspaces ADD COLUMN jurisdictions text[] NOT NULL DEFAULT '{}'`,
    `ALTER TABLE steward.workspaces ADD COLUMN cooling_off_days integer NOT NULL DEFAULT 3
       CHECK (cooling_off_days BETWEEN 0 AND 30)`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
