/**
 * Exports of whole workspaces: what was asked for, each source with its snapshot, the parts, and packages and outbox
 * messages that belong to an export instead of a request. No statement holds a long lock on a table that is in use.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const TABLES = `
  CREATE TABLE steward.workspace_exports (
    id uuid NOT NULL,
    workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
    status text NOT NULL CONSTRAINT workspace_exports_status
      CHECK (status IN ('received', 'exporting', 'completed', 'cancelled')),
    formats text[] NOT NULL CONSTRAINT workspace_exports_formats
      CHECK (cardinality(formats) > 0 AND formats <@ ARRAY['jsonl', 'csv', 'parquet']),
    include_redacted boolean NOT NULL DEFAULT false,
    instruction_id uuid NOT NULL,
    instruction_version integer NOT NULL,
    filed_by uuid NOT NULL REFERENCES steward.principals (id),
    data_key_id uuid NOT NULL,
    map_version text,
    needs_attention boolean NOT NULL DEFAULT false,
    blocked_by text CHECK (blocked_by IN ('database', 'source', 'storage', 'mail', 'temporal', 'package', 'data_map', 'unknown')),
    blocked_since timestamptz,
    closed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, instruction_id, instruction_version) REFERENCES steward.instructions (workspace_id, id, version),
    FOREIGN KEY (workspace_id, data_key_id) REFERENCES keys.data_keys (workspace_id, id),
    CHECK ((blocked_by IS NULL) = (blocked_since IS NULL)),
    CHECK ((status IN ('completed', 'cancelled')) = (closed_at IS NOT NULL))
  );
  CREATE INDEX ON steward.workspace_exports (workspace_id, created_at DESC, id DESC);
  -- Of a workspace one export runs at a time.
  CREATE UNIQUE INDEX workspace_exports_running ON steward.workspace_exports (workspace_id) WHERE closed_at IS NULL;
  CALL steward.isolate('steward.workspace_exports');
  GRANT SELECT, INSERT ON steward.workspace_exports TO steward_app;
  GRANT SELECT, UPDATE ON steward.workspace_exports TO steward_worker;

  -- One source under one snapshot. A lost snapshot raises the generation, which the parts' foreign key allows only when
  -- every part of the former one is gone: parts of two snapshots cannot stand side by side.
  CREATE TABLE steward.export_sources (
    workspace_id uuid NOT NULL,
    export_id uuid NOT NULL,
    source text NOT NULL,
    generation integer NOT NULL DEFAULT 0 CHECK (generation >= 0),
    snapshot_id text,
    snapshot_at timestamptz,
    -- What is read and what is left out; columns and types, no values.
    plan jsonb,
    PRIMARY KEY (workspace_id, export_id, source),
    UNIQUE (workspace_id, export_id, source, generation),
    FOREIGN KEY (workspace_id, export_id) REFERENCES steward.workspace_exports (workspace_id, id),
    CHECK ((snapshot_id IS NULL) = (snapshot_at IS NULL))
  );
  CALL steward.isolate('steward.export_sources');
  GRANT SELECT ON steward.export_sources TO steward_app;
  GRANT SELECT, INSERT, UPDATE ON steward.export_sources TO steward_worker;

  CREATE TABLE steward.export_parts (
    workspace_id uuid NOT NULL,
    export_id uuid NOT NULL,
    source text NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    ordinal integer NOT NULL CHECK (ordinal > 0),
    kind text NOT NULL CHECK (kind IN ('rows', 'files')),
    -- Which slices of which collections, with their rows; or which store.
    contents jsonb NOT NULL,
    -- The slices' bounds, or the objects' keys: values of the workspace's, sealed with the export's data key and removed
    -- when the export ends.
    sealed_content bytea,
    -- An estimate; how many rows a collection has in the snapshot is in the source's plan.
    planned_rows bigint NOT NULL CHECK (planned_rows >= 0),
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'stored')),
    package_id uuid,
    storage_key text,
    bytes bigint,
    sha256 bytea,
    rows bigint,
    files integer,
    missing_files integer,
    sealed_missing bytea,
    stored_at timestamptz,
    PRIMARY KEY (workspace_id, export_id, source, ordinal),
    FOREIGN KEY (workspace_id, export_id, source, generation)
      REFERENCES steward.export_sources (workspace_id, export_id, source, generation),
    CHECK (state = 'stored' OR sealed_content IS NOT NULL),
    CHECK (state = 'planned' OR num_nulls(package_id, storage_key, bytes, sha256, rows, files, missing_files, stored_at) = 0)
  );
  CALL steward.isolate('steward.export_parts');
  GRANT SELECT ON steward.export_parts TO steward_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON steward.export_parts TO steward_worker;

  CREATE TABLE steward.export_events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    export_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    actor uuid,
    details jsonb NOT NULL DEFAULT '{}',
    dedupe text,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, export_id, dedupe),
    FOREIGN KEY (workspace_id, export_id) REFERENCES steward.workspace_exports (workspace_id, id)
  );
  CALL steward.isolate('steward.export_events');
  GRANT SELECT, INSERT ON steward.export_events TO steward_app, steward_worker;
`;

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.withSchema('steward').hasTable('workspace_exports'))) await knex.raw(TABLES);
  const ofExport = 'REFERENCES steward.workspace_exports (workspace_id, id)';
  for (const statement of [
    `ALTER TABLE steward.packages ALTER COLUMN request_id DROP NOT NULL,
       ADD COLUMN IF NOT EXISTS export_id uuid, ADD COLUMN IF NOT EXISTS part integer`,
    ...constrain('steward.packages', 'packages_one_owner', 'CHECK ((request_id IS NULL) <> (export_id IS NULL))'),
    ...constrain('steward.packages', 'packages_part', 'CHECK ((export_id IS NULL) = (part IS NULL) AND part >= 0)'),
    ...constrain('steward.packages', 'packages_export', `FOREIGN KEY (workspace_id, export_id) ${ofExport}`),
    `CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS packages_of_export ON steward.packages (workspace_id, export_id, part)`,
    `ALTER TABLE steward.outbox ALTER COLUMN request_id DROP NOT NULL, ADD COLUMN IF NOT EXISTS export_id uuid`,
    ...constrain('steward.outbox', 'outbox_one_owner', 'CHECK ((request_id IS NULL) <> (export_id IS NULL))'),
    ...constrain('steward.outbox', 'outbox_export', `FOREIGN KEY (workspace_id, export_id) ${ofExport}`),
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_of_export ON steward.outbox (workspace_id, export_id)
       WHERE export_id IS NOT NULL`,
  ]) {
    await knex.raw(statement);
  }
}

function constrain(table: string, name: string, constraint: string): readonly string[] {
  return [
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} ${constraint} NOT VALID`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`,
  ];
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
