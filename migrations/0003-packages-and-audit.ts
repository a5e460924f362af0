/** Packages, links, disclosures and the audit log. */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE steward.packages (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      storage_key text NOT NULL,
      status text NOT NULL CHECK (status IN ('ready', 'expired', 'deleted')),
      data_key_id uuid NOT NULL,
      map_version text NOT NULL,
      signing_key_id text NOT NULL,
      manifest_sha256 bytea NOT NULL,
      sha256 bytea NOT NULL,
      bytes bigint NOT NULL,
      rows bigint NOT NULL,
      files integer NOT NULL,
      missing_files integer NOT NULL,
      age_recipient text,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      deleted_at timestamptz,
      PRIMARY KEY (workspace_id, id),
      UNIQUE (workspace_id, request_id),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id),
      FOREIGN KEY (workspace_id, data_key_id) REFERENCES keys.data_keys (workspace_id, id)
    );
    CALL steward.isolate('steward.packages');
    GRANT SELECT, UPDATE (status) ON steward.packages TO steward_app;
    GRANT SELECT, INSERT, UPDATE ON steward.packages TO steward_worker;

    CREATE TABLE steward.links (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      package_id uuid NOT NULL,
      token_digest bytea NOT NULL UNIQUE,
      digest_key_id text NOT NULL,
      channel text NOT NULL CHECK (channel IN ('api', 'mail')),
      recipient text NOT NULL,
      max_downloads integer NOT NULL CHECK (max_downloads BETWEEN 1 AND 100),
      downloads integer NOT NULL DEFAULT 0,
      created_by uuid REFERENCES steward.principals (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      revoked_at timestamptz,
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, package_id) REFERENCES steward.packages (workspace_id, id),
      CHECK (downloads <= max_downloads)
    );
    CREATE INDEX ON steward.links (workspace_id, package_id);
    CALL steward.isolate('steward.links');
    GRANT SELECT, INSERT, UPDATE (downloads, revoked_at) ON steward.links TO steward_app, steward_worker;

    CREATE FUNCTION steward.find_link(digest bytea) RETURNS TABLE (workspace_id uuid, id uuid)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = steward, pg_temp AS $$
      SELECT l.workspace_id, l.id FROM steward.links l WHERE l.token_digest = digest $$;
    REVOKE EXECUTE ON FUNCTION steward.find_link(bytea) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION steward.find_link(bytea) TO steward_app;

    -- Every handing-out of data: to whom, for which purpose of the closed list, what, and whether it arrived whole.
    CREATE TABLE steward.disclosures (
      id uuid NOT NULL,
      workspace_id uuid NOT NULL,
      package_id uuid NOT NULL,
      link_id uuid NOT NULL,
      recipient text NOT NULL,
      purpose text NOT NULL CHECK (purpose IN ('data_subject_request', 'return_to_controller', 'operator_diagnosis')),
      started_at timestamptz NOT NULL DEFAULT now(),
      completed_at timestamptz,
      bytes bigint,
      PRIMARY KEY (workspace_id, id),
      FOREIGN KEY (workspace_id, package_id) REFERENCES steward.packages (workspace_id, id),
      FOREIGN KEY (workspace_id, link_id) REFERENCES steward.links (workspace_id, id)
    );
    CREATE INDEX ON steward.disclosures (workspace_id, package_id);
    CALL steward.isolate('steward.disclosures');
    GRANT SELECT, INSERT, UPDATE (completed_at, bytes) ON steward.disclosures TO steward_app;
    GRANT SELECT ON steward.disclosures TO steward_worker;

    -- The audit log: a hash chain per workspace, partitioned by month so that a month past its period can be dropped under
    -- a signed checkpoint. The nil workspace is the platform's own chain.
    CREATE TABLE steward.audit_events (
      workspace_id uuid NOT NULL,
      seq bigint NOT NULL CHECK (seq > 0),
      at timestamptz NOT NULL,
      actor text NOT NULL,
      party text NOT NULL CHECK (party IN ('controller', 'processor')),
      action text NOT NULL,
      subject_kind text NOT NULL,
      subject_id text NOT NULL,
      instruction_id uuid,
      instruction_version integer,
      details jsonb NOT NULL,
      note_digest bytea,
      previous bytea NOT NULL,
      hash bytea NOT NULL,
      PRIMARY KEY (workspace_id, seq, at)
    ) PARTITION BY RANGE (at);
    CREATE TABLE steward.audit_events_default PARTITION OF steward.audit_events DEFAULT;
    CALL steward.isolate('steward.audit_events');
    CREATE POLICY platform ON steward.audit_events
      USING (steward.in_platform() AND workspace_id = '00000000-0000-0000-0000-000000000000')
      WITH CHECK (steward.in_platform() AND workspace_id = '00000000-0000-0000-0000-000000000000');
    GRANT SELECT, INSERT ON steward.audit_events TO steward_app, steward_worker;

    -- Partitions are made ahead, so that the default one stays empty and making one never has to scan it.
    CREATE FUNCTION steward.ensure_audit_partitions(months_ahead integer) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = steward, pg_temp AS $$
    DECLARE
      first date := date_trunc('month', now())::date;
      made integer := 0;
      month date;
      name text;
    BEGIN
      FOR i IN 0..months_ahead LOOP
        month := (first + make_interval(months => i))::date;
        name := format('audit_events_%s', to_char(month, 'YYYY_MM'));
        IF to_regclass('steward.' || name) IS NULL THEN
          EXECUTE format('CREATE TABLE steward.%I PARTITION OF steward.audit_events FOR VALUES FROM (%L) TO (%L)',
            name, month, (month + interval '1 month')::date);
          made := made + 1;
        END IF;
      END LOOP;
      RETURN made;
    END $$;
    REVOKE EXECUTE ON FUNCTION steward.ensure_audit_partitions(integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION steward.ensure_audit_partitions(integer) TO steward_worker;
    SELECT steward.ensure_audit_partitions(12);

    CREATE TABLE steward.audit_heads (
      workspace_id uuid PRIMARY KEY,
      seq bigint NOT NULL,
      hash bytea NOT NULL
    );
    CALL steward.isolate('steward.audit_heads');
    CREATE POLICY platform ON steward.audit_heads
      USING (steward.in_platform() AND workspace_id = '00000000-0000-0000-0000-000000000000')
      WITH CHECK (steward.in_platform() AND workspace_id = '00000000-0000-0000-0000-000000000000');
    GRANT SELECT, INSERT, UPDATE ON steward.audit_heads TO steward_app, steward_worker;

    -- Free text stays outside the chain, which holds its salted digest: the text can go when its period ends.
    CREATE TABLE steward.audit_notes (
      workspace_id uuid NOT NULL,
      seq bigint NOT NULL,
      salt bytea NOT NULL,
      note text NOT NULL,
      PRIMARY KEY (workspace_id, seq)
    );
    CALL steward.isolate('steward.audit_notes');
    GRANT SELECT, INSERT ON steward.audit_notes TO steward_app, steward_worker;

    CREATE TABLE steward.audit_checkpoints (
      workspace_id uuid NOT NULL,
      seq bigint NOT NULL,
      hash bytea NOT NULL,
      signature jsonb NOT NULL,
      reason text NOT NULL CHECK (reason IN ('periodic', 'pruned')),
      at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (workspace_id, seq)
    );
    CALL steward.isolate('steward.audit_checkpoints');
    GRANT SELECT ON steward.audit_checkpoints TO steward_app;
    GRANT SELECT, INSERT ON steward.audit_checkpoints TO steward_worker;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
