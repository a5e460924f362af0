/**
 * Workspaces, principals, keys and instructions, and the row-level security that every later table repeats.
 *
 * Two settings, local to a transaction, say what a connection may see: `steward.workspace` (a workspace's id) and
 * `steward.platform` (`on` for the few things that belong to no workspace). With neither set nothing is visible.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE SCHEMA IF NOT EXISTS steward;
    GRANT USAGE ON SCHEMA steward TO steward_app, steward_worker;

    -- A reused connection answers '' for a setting that an earlier transaction had set: hence NULLIF before the cast.
    CREATE FUNCTION steward.current_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT NULLIF(current_setting('steward.workspace', true), '')::uuid $$;
    CREATE FUNCTION steward.in_platform() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT current_setting('steward.platform', true) = 'on' $$;

    -- Row-level security by workspace in one statement. The owner is not bound by it: it only migrates, and lends its
    -- rights to the few functions that must find a row before its workspace is known.
    CREATE PROCEDURE steward.isolate(target regclass) LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
      EXECUTE format('CREATE POLICY tenant ON %s USING (workspace_id = steward.current_workspace())
                      WITH CHECK (workspace_id = steward.current_workspace())', target);
    END $$;

    CREATE TABLE steward.workspaces (
      id uuid PRIMARY KEY,
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
      contact_email text NOT NULL,
      time_zone text NOT NULL DEFAULT 'UTC',
      contractual_days integer NOT NULL DEFAULT 14 CHECK (contractual_days BETWEEN 1 AND 365),
      created_at timestamptz NOT NULL DEFAULT now()
    );
    ALTER TABLE steward.workspaces ENABLE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON steward.workspaces FOR SELECT USING (id = steward.current_workspace());
    CREATE POLICY platform ON steward.workspaces USING (steward.in_platform()) WITH CHECK (steward.in_platform());
    GRANT SELECT, INSERT, UPDATE ON steward.workspaces TO steward_app;
    GRANT SELECT ON steward.workspaces TO steward_worker;

    -- How a source knows the workspace: the value of the tenant column in its tables.
    CREATE TABLE steward.workspace_sources (
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      source text NOT NULL,
      tenant_key text NOT NULL,
      PRIMARY KEY (workspace_id, source),
      UNIQUE (source, tenant_key)
    );
    CALL steward.isolate('steward.workspace_sources');
    CREATE POLICY platform ON steward.workspace_sources USING (steward.in_platform()) WITH CHECK (steward.in_platform());
    GRANT SELECT, INSERT ON steward.workspace_sources TO steward_app;
    GRANT SELECT ON steward.workspace_sources TO steward_worker;

    CREATE TABLE steward.principals (
      id uuid PRIMARY KEY,
      workspace_id uuid REFERENCES steward.workspaces (id),
      party text NOT NULL CHECK (party IN ('controller', 'processor')),
      kind text NOT NULL CHECK (kind IN ('api_key', 'person', 'service')),
      label text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- A controller's principal belongs to its workspace; only the processor's may belong to none.
      CHECK (workspace_id IS NOT NULL OR party = 'processor')
    );
    CALL steward.isolate('steward.principals');
    CREATE POLICY platform ON steward.principals USING (steward.in_platform() AND workspace_id IS NULL)
      WITH CHECK (steward.in_platform() AND workspace_id IS NULL);
    GRANT SELECT, INSERT ON steward.principals TO steward_app;
    GRANT SELECT ON steward.principals TO steward_worker;

    CREATE TABLE steward.api_keys (
      id text PRIMARY KEY CHECK (id ~ '^[a-z0-9]{12}$'),
      principal_id uuid NOT NULL REFERENCES steward.principals (id),
      workspace_id uuid REFERENCES steward.workspaces (id),
      team_id text,
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
      scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
      secret_digest bytea NOT NULL,
      digest_key_id text NOT NULL,
      created_by uuid REFERENCES steward.principals (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz
    );
    CREATE INDEX ON steward.api_keys (workspace_id, created_at DESC);
    CALL steward.isolate('steward.api_keys');
    CREATE POLICY platform ON steward.api_keys USING (steward.in_platform() AND workspace_id IS NULL)
      WITH CHECK (steward.in_platform() AND workspace_id IS NULL);
    GRANT SELECT, INSERT, UPDATE ON steward.api_keys TO steward_app;

    -- One-time sign-in tokens and the browser sessions they turn into: the processor's own people.
    CREATE TABLE steward.sessions (
      token_digest bytea PRIMARY KEY,
      digest_key_id text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('sign_in', 'session')),
      principal_id uuid NOT NULL REFERENCES steward.principals (id),
      scopes text[] NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      used_at timestamptz,
      revoked_at timestamptz
    );
    ALTER TABLE steward.sessions ENABLE ROW LEVEL SECURITY;
    CREATE POLICY platform ON steward.sessions USING (steward.in_platform()) WITH CHECK (steward.in_platform());
    GRANT SELECT, INSERT, UPDATE ON steward.sessions TO steward_app;

    -- An instruction is never edited: what it says changes by a further version.
    CREATE TABLE steward.instructions (
      workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
      id uuid NOT NULL,
      version integer NOT NULL CHECK (version > 0),
      source text NOT NULL CHECK (source IN ('product_setting', 'integration', 'terms', 'privacy_policy',
        'support_request', 'legal_requirement', 'security_need', 'documented_behaviour')),
      standing boolean NOT NULL DEFAULT false,
      request_types text[] NOT NULL CHECK (cardinality(request_types) > 0),
      attestation text NOT NULL CHECK (length(attestation) BETWEEN 1 AND 4000),
      attested_by text NOT NULL CHECK (length(attested_by) BETWEEN 1 AND 320),
      attested_at timestamptz NOT NULL,
      valid_from timestamptz NOT NULL,
      valid_until timestamptz,
      created_by uuid NOT NULL REFERENCES steward.principals (id),
      created_at timestamptz NOT NULL DEFAULT now(),
      revoked_at timestamptz,
      PRIMARY KEY (workspace_id, id, version),
      CHECK (valid_until IS NULL OR valid_until > valid_from)
    );
    CALL steward.isolate('steward.instructions');
    GRANT SELECT, INSERT, UPDATE (revoked_at) ON steward.instructions TO steward_app;
    GRANT SELECT ON steward.instructions TO steward_worker;

    -- A key is looked up before its workspace is known, so by a function that shows one row for one exact id.
    CREATE FUNCTION steward.find_api_key(key_id text)
      RETURNS TABLE (id text, principal_id uuid, party text, workspace_id uuid, team_id text, scopes text[],
                     secret_digest bytea, digest_key_id text, expires_at timestamptz, revoked_at timestamptz)
      LANGUAGE sql STABLE SECURITY DEFINER SET search_path = steward, pg_temp AS $$
      SELECT k.id, k.principal_id, p.party, k.workspace_id, k.team_id, k.scopes, k.secret_digest,
             k.digest_key_id, k.expires_at, k.revoked_at
        FROM steward.api_keys k JOIN steward.principals p ON p.id = k.principal_id WHERE k.id = key_id $$;
    -- At most one write a minute and key, so that a busy key does not make a hot row.
    CREATE FUNCTION steward.touch_api_key(key_id text) RETURNS void
      LANGUAGE sql SECURITY DEFINER SET search_path = steward, pg_temp AS $$
      UPDATE steward.api_keys SET last_used_at = now()
        WHERE id = key_id AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') $$;
    REVOKE EXECUTE ON FUNCTION steward.find_api_key(text), steward.touch_api_key(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION steward.find_api_key(text), steward.touch_api_key(text) TO steward_app;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
