/**
 * What people decide before a package goes out: what is kept back and on which ground, searches of systems that are not
 * connected and what they found, and the decision on each package that was built. Links say what they are for.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const PURPOSES = "'data_subject_request', 'release_review', 'return_to_controller', 'operator_diagnosis'";
const EXEMPTIONS =
  "'third_party_rights', 'legal_privilege', 'trade_secret', 'ongoing_investigation', 'negotiations', " +
  "'confidential_reference', 'not_about_the_person', 'other_law'";

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    ...constrain('steward.disclosures', 'disclosures_purpose_check', `purpose IN (${PURPOSES})`),
    `ALTER TABLE steward.links ADD COLUMN IF NOT EXISTS purpose text NOT NULL DEFAULT 'data_subject_request'`,
    ...constrain('steward.links', 'links_purpose', `purpose IN (${PURPOSES})`),
  ]) {
    await knex.raw(statement);
  }
  // New tables, all or none of them; they are there when only the note that this has run was lost.
  if (!(await knex.schema.withSchema('steward').hasTable('redactions')))
    await knex.transaction((trx) => trx.raw(TABLES));
}

const TABLES = `
  -- The exemption log. A row is never removed: a withdrawal is written into it. The reason can speak of the person and of
  -- others, so it is sealed with the request's data key. "build" names the package (by its storage key) that was looked at.
  CREATE TABLE steward.redactions (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    collection text NOT NULL,
    row_key jsonb,
    column_name text,
    exemption text NOT NULL CHECK (exemption IN (${EXEMPTIONS})),
    sealed_reason bytea NOT NULL,
    build text NOT NULL,
    created_by uuid NOT NULL REFERENCES steward.principals (id),
    party text NOT NULL CHECK (party IN ('controller', 'processor')),
    instruction_id uuid NOT NULL,
    instruction_version integer NOT NULL,
    created_at timestamptz NOT NULL,
    withdrawn_by uuid REFERENCES steward.principals (id),
    withdrawn_at timestamptz,
    withdrawn_build text,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id),
    FOREIGN KEY (workspace_id, instruction_id, instruction_version)
      REFERENCES steward.instructions (workspace_id, id, version),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_build IS NULL))
  );
  CREATE INDEX ON steward.redactions (workspace_id, request_id);
  CALL steward.isolate('steward.redactions');
  GRANT SELECT, INSERT, UPDATE (withdrawn_by, withdrawn_at, withdrawn_build) ON steward.redactions TO steward_app;
  GRANT SELECT ON steward.redactions TO steward_worker;

  -- One decision for each package that was built.
  CREATE TABLE steward.releases (
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    build text NOT NULL,
    package_id uuid NOT NULL,
    manifest_sha256 bytea NOT NULL,
    decision text NOT NULL CHECK (decision IN ('release', 'rebuild')),
    decided_by uuid NOT NULL REFERENCES steward.principals (id),
    party text NOT NULL CHECK (party IN ('controller', 'processor')),
    instruction_id uuid NOT NULL,
    instruction_version integer NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, request_id, build),
    FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id),
    FOREIGN KEY (workspace_id, instruction_id, instruction_version)
      REFERENCES steward.instructions (workspace_id, id, version)
  );
  CALL steward.isolate('steward.releases');
  GRANT SELECT, INSERT ON steward.releases TO steward_app;
  GRANT SELECT ON steward.releases TO steward_worker;

  CREATE TABLE steward.manual_tasks (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    dataset text NOT NULL,
    title text NOT NULL,
    instructions text NOT NULL,
    assignee text,
    identity_types text[] NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'found', 'nothing_found', 'cancelled')),
    sealed_statement bytea,
    opened_at timestamptz NOT NULL,
    closed_by uuid REFERENCES steward.principals (id),
    closed_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, request_id, dataset),
    FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id),
    CHECK ((status = 'open') = (closed_at IS NULL))
  );
  CALL steward.isolate('steward.manual_tasks');
  GRANT SELECT, UPDATE (status, sealed_statement, closed_by, closed_at) ON steward.manual_tasks TO steward_app;
  GRANT SELECT, INSERT, UPDATE (status, closed_at) ON steward.manual_tasks TO steward_worker;

  -- A file's name is somebody's, so it is sealed like its content.
  CREATE TABLE steward.attachments (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    request_id uuid NOT NULL,
    task_id uuid NOT NULL,
    sealed_name bytea NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL CHECK (bytes > 0),
    sha256 bytea NOT NULL,
    storage_key text NOT NULL,
    created_by uuid NOT NULL REFERENCES steward.principals (id),
    created_at timestamptz NOT NULL,
    removed_by uuid REFERENCES steward.principals (id),
    removed_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, task_id) REFERENCES steward.manual_tasks (workspace_id, id)
  );
  CREATE INDEX ON steward.attachments (workspace_id, request_id);
  CREATE INDEX ON steward.attachments (workspace_id, task_id);
  CALL steward.isolate('steward.attachments');
  GRANT SELECT, INSERT, UPDATE (removed_by, removed_at) ON steward.attachments TO steward_app;
  GRANT SELECT, UPDATE (removed_at) ON steward.attachments TO steward_worker;
`;

function constrain(table: string, name: string, check: string): readonly string[] {
  return [
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${check}) NOT VALID`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`,
  ];
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
