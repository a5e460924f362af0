/**
 * The scheduled retention review: its runs, what each found by class, what it proposes to people, and its signed reports.
 * What it erases is an erasure like any other, of a review instead of a request. Columns are added and constraints are
 * checked without a lock that lasts; the tables are new.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const REVIEWS = `
  CREATE TABLE IF NOT EXISTS steward.retention_reviews (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
    created_at timestamptz NOT NULL,
    -- What it goes by: due is what had ended at this moment.
    as_of timestamptz NOT NULL,
    schedule_version text REFERENCES steward.retention_schedules (version),
    map_version text NOT NULL,
    finished_at timestamptz,
    -- When its forecast was made, which it can have from an earlier review.
    forecast_at timestamptz,
    due bigint,
    erased bigint,
    retained bigint,
    waiting bigint,
    errors integer,
    PRIMARY KEY (workspace_id, id)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS retention_reviews_open ON steward.retention_reviews (workspace_id)
    WHERE finished_at IS NULL;
  CREATE INDEX IF NOT EXISTS retention_reviews_newest ON steward.retention_reviews (workspace_id, created_at DESC, id DESC);

  -- Records of a collection that agree in their grounds, as one run found them; and what it erased.
  CREATE TABLE IF NOT EXISTS steward.retention_findings (
    workspace_id uuid NOT NULL,
    review_id uuid NOT NULL,
    record_class text NOT NULL,
    source text NOT NULL,
    collection text NOT NULL,
    combination text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('erased', 'waiting', 'retained')),
    rows bigint NOT NULL CHECK (rows > 0),
    -- Of what is retained, weighed; NULL of the others.
    grounds jsonb,
    -- When the last of them is no longer kept; NULL is open.
    ends_last timestamptz,
    PRIMARY KEY (workspace_id, review_id, record_class, source, collection, outcome, combination),
    FOREIGN KEY (workspace_id, review_id) REFERENCES steward.retention_reviews (workspace_id, id)
  );

  -- How many records come due in a month, by the schedule alone.
  CREATE TABLE IF NOT EXISTS steward.retention_forecasts (
    workspace_id uuid NOT NULL,
    review_id uuid NOT NULL,
    record_class text NOT NULL,
    -- Its first day, in the workspace's time zone.
    month date NOT NULL,
    rows bigint NOT NULL CHECK (rows > 0),
    PRIMARY KEY (workspace_id, review_id, record_class, month),
    FOREIGN KEY (workspace_id, review_id) REFERENCES steward.retention_reviews (workspace_id, id)
  );

  CREATE TABLE IF NOT EXISTS steward.retention_reports (
    workspace_id uuid NOT NULL,
    review_id uuid NOT NULL,
    audience text NOT NULL CHECK (audience IN ('processor', 'controller')),
    -- The exact bytes that are signed.
    document bytea NOT NULL,
    signature jsonb NOT NULL,
    PRIMARY KEY (workspace_id, review_id, audience),
    FOREIGN KEY (workspace_id, review_id) REFERENCES steward.retention_reviews (workspace_id, id)
  );
`;

const PROPOSALS = `
  -- What is due of a class and waits for people: all that had ended at a moment, so that what comes due later is no part of it.
  CREATE TABLE IF NOT EXISTS steward.retention_proposals (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    record_class text NOT NULL,
    -- The run that found it last.
    review_id uuid NOT NULL,
    as_of timestamptz NOT NULL,
    schedule_version text NOT NULL REFERENCES steward.retention_schedules (version),
    state text NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected', 'carried_out', 'lapsed')),
    -- [{source, collection, combination, rows}]
    groups jsonb NOT NULL,
    rows bigint NOT NULL CHECK (rows >= 0),
    approvals_needed integer NOT NULL CHECK (approvals_needed BETWEEN 1 AND 2),
    -- Rises when a run finds something else than before, which voids the words that were said.
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    -- Of a rejection: until then the class is not proposed again.
    again_at timestamptz,
    erased bigint,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, review_id) REFERENCES steward.retention_reviews (workspace_id, id),
    CHECK ((state IN ('waiting', 'approved')) = (closed_at IS NULL)),
    CHECK (state <> 'rejected' OR again_at IS NOT NULL)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS retention_proposals_open ON steward.retention_proposals (workspace_id, record_class)
    WHERE closed_at IS NULL;
  CREATE INDEX IF NOT EXISTS retention_proposals_newest ON steward.retention_proposals (workspace_id, created_at DESC, id DESC);

  CREATE TABLE IF NOT EXISTS steward.proposal_words (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    proposal_id uuid NOT NULL,
    principal_id uuid NOT NULL REFERENCES steward.principals (id),
    party text NOT NULL CHECK (party IN ('controller', 'processor')),
    verdict text NOT NULL CHECK (verdict IN ('approve', 'reject')),
    instruction_id uuid,
    instruction_version integer,
    at timestamptz NOT NULL DEFAULT now(),
    voided_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, proposal_id) REFERENCES steward.retention_proposals (workspace_id, id),
    -- The processor's people speak for the controller by its instruction alone.
    CHECK (party = 'controller' OR instruction_id IS NOT NULL)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS proposal_words_once ON steward.proposal_words (workspace_id, proposal_id, principal_id)
    WHERE voided_at IS NULL;
`;

const TABLES = ['retention_reviews', 'retention_findings', 'retention_forecasts', 'retention_reports'];

/** Can be run again, as after a connection that broke. */
const isolate = (table: string): string => `DO $$ BEGIN
  IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = 'steward.${table}'::regclass) THEN
    CALL steward.isolate('steward.${table}');
  END IF;
END $$`;

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    REVIEWS,
    PROPOSALS,
    ...[...TABLES, 'retention_proposals', 'proposal_words'].map(isolate),
    ...TABLES.map((table) => `GRANT SELECT ON steward.${table} TO steward_app`),
    `GRANT SELECT, INSERT, UPDATE ON steward.retention_reviews, steward.retention_proposals TO steward_worker`,
    `GRANT SELECT, INSERT, DELETE ON steward.retention_findings, steward.retention_forecasts TO steward_worker`,
    `GRANT SELECT, INSERT ON steward.retention_reports TO steward_worker`,
    `GRANT SELECT, UPDATE ON steward.retention_proposals TO steward_app`,
    `GRANT SELECT, INSERT, UPDATE (voided_at) ON steward.proposal_words TO steward_app`,
    `GRANT SELECT, UPDATE (voided_at) ON steward.proposal_words TO steward_worker`,
    // An erasure is of a request's run, or of a review: of what is automatic in a class, or of a proposal.
    `ALTER TABLE steward.erasures
       ADD COLUMN IF NOT EXISTS continued_at timestamptz,
       ADD COLUMN IF NOT EXISTS review_id uuid,
       ADD COLUMN IF NOT EXISTS record_class text,
       ADD COLUMN IF NOT EXISTS proposal_id uuid,
       ALTER COLUMN request_id DROP NOT NULL`,
    `ALTER TABLE steward.erasures DROP CONSTRAINT IF EXISTS erasures_owner, ADD CONSTRAINT erasures_owner
       CHECK ((request_id IS NULL) = (review_id IS NOT NULL)) NOT VALID`,
    `ALTER TABLE steward.erasures VALIDATE CONSTRAINT erasures_owner`,
    `ALTER TABLE steward.erasures DROP CONSTRAINT IF EXISTS erasures_review, ADD CONSTRAINT erasures_review
       FOREIGN KEY (workspace_id, review_id) REFERENCES steward.retention_reviews (workspace_id, id) NOT VALID`,
    `ALTER TABLE steward.erasures VALIDATE CONSTRAINT erasures_review`,
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS erasures_of_review ON steward.erasures (workspace_id, review_id)
       WHERE review_id IS NOT NULL`,
    // Records that only serve our work are removed when it is long done.
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS idempotency_keys_age ON steward.idempotency_keys (workspace_id, created_at)`,
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_age ON steward.outbox (workspace_id, sent_at) WHERE sent_at IS NOT NULL`,
    `GRANT SELECT, DELETE ON steward.idempotency_keys TO steward_worker`,
    `GRANT DELETE ON steward.outbox TO steward_worker`,
    // A request that was answered in part goes on.
    `ALTER TABLE steward.outbox DROP CONSTRAINT IF EXISTS outbox_message_check, ADD CONSTRAINT outbox_message_check
       CHECK (message IN ('start', 'instruct', 'cancel', 'review', 'release', 'continue')) NOT VALID`,
    `ALTER TABLE steward.outbox VALIDATE CONSTRAINT outbox_message_check`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
