/**
 * Backups, drills, restores, and the journal by which a restored database is brought up to what was decided since.
 *
 * What the journal needs is noted by triggers, in the transaction of what it is about, so that no code which places a hold or
 * ends an erasure can forget it. A note names what changed and not how: whoever writes the journal reads the rows as they are
 * then, so that of two notes the later entry is right, and repeating one does no harm. Adding a trigger waits for the
 * transactions on its table and blocks writers for a moment; nothing that is in use is rewritten.
 */
import type { Knex } from 'knex';

const BACKUPS = `
  CREATE TABLE steward.backups (
    id uuid PRIMARY KEY,
    -- NULL is Steward's own database.
    source text,
    way text NOT NULL CHECK (way IN ('copy', 'pg_dump')),
    status text NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'deleted')),
    started_by text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    expires_at timestamptz,
    deleted_at timestamptz,
    failure text CHECK (failure IN ('no_pg_dump', 'not_configured', 'unavailable', 'refused', 'unknown')),
    storage_prefix text NOT NULL,
    manifest jsonb,
    CHECK ((status = 'failed') = (failure IS NOT NULL)),
    CHECK (status NOT IN ('complete', 'deleted') OR manifest IS NOT NULL)
  );
  CREATE INDEX backups_newest ON steward.backups (created_at DESC, id DESC);
  CREATE INDEX backups_expiring ON steward.backups (expires_at) WHERE status = 'complete';
  ALTER TABLE steward.backups ENABLE ROW LEVEL SECURITY;
  CREATE POLICY platform ON steward.backups USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.backups TO steward_app;
  GRANT SELECT, INSERT, UPDATE ON steward.backups TO steward_worker;

  CREATE TABLE steward.backup_drills (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    backup_id uuid NOT NULL REFERENCES steward.backups (id),
    source text,
    finished_at timestamptz NOT NULL,
    result text NOT NULL CHECK (result IN ('passed', 'failed')),
    -- Names of tables, counts and codes.
    report jsonb NOT NULL
  );
  CREATE INDEX ON steward.backup_drills (created_at DESC, id DESC);
  ALTER TABLE steward.backup_drills ENABLE ROW LEVEL SECURITY;
  CREATE POLICY platform ON steward.backup_drills USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.backup_drills TO steward_app;
  GRANT SELECT, INSERT ON steward.backup_drills TO steward_worker;

  -- Of every data key a wrapped copy lies in the object storage, outside backups, until the key is destroyed.
  ALTER TABLE keys.data_keys ADD COLUMN copied_at timestamptz;
  CREATE INDEX data_keys_uncopied ON keys.data_keys (workspace_id) WHERE copied_at IS NULL AND wrapped IS NOT NULL;
  CREATE INDEX data_keys_copies_left ON keys.data_keys (workspace_id) WHERE copied_at IS NOT NULL AND wrapped IS NULL;
  GRANT UPDATE (copied_at) ON keys.data_keys TO steward_worker;
`;

const JOURNAL = `
  -- Up to where the journal in the object storage is known here. A database that is behind it was restored.
  CREATE TABLE steward.journal_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    number bigint NOT NULL DEFAULT 0 CHECK (number >= 0)
  );
  INSERT INTO steward.journal_head DEFAULT VALUES;
  ALTER TABLE steward.journal_head ENABLE ROW LEVEL SECURITY;
  CREATE POLICY platform ON steward.journal_head USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.journal_head TO steward_app;
  GRANT SELECT, UPDATE ON steward.journal_head TO steward_worker;

  -- What is to be written into the journal; a note goes when its entry is written.
  CREATE TABLE steward.journal_notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workspace_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('hold', 'request', 'suppression', 'erasure')),
    subject_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE INDEX ON steward.journal_notes (at);
  ALTER TABLE steward.journal_notes ENABLE ROW LEVEL SECURITY;
  CREATE POLICY platform ON steward.journal_notes USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.journal_notes TO steward_app;
  GRANT SELECT, DELETE ON steward.journal_notes TO steward_worker;

  CREATE FUNCTION steward.note_for_journal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = steward, pg_temp AS $$
  BEGIN
    IF current_setting('steward.replaying', true) = 'on' THEN RETURN NULL; END IF;
    INSERT INTO steward.journal_notes (workspace_id, kind, subject_id)
      VALUES (NEW.workspace_id, TG_ARGV[0], (to_jsonb(NEW) ->> TG_ARGV[1])::uuid);
    RETURN NULL;
  END $$;
  REVOKE EXECUTE ON FUNCTION steward.note_for_journal() FROM PUBLIC;

  CREATE TRIGGER journal_placed AFTER INSERT OR UPDATE ON steward.holds
    FOR EACH ROW EXECUTE FUNCTION steward.note_for_journal('hold', 'id');
  -- That people were told of a release, so that they are not told again.
  CREATE TRIGGER journal_told AFTER INSERT ON steward.hold_journal
    FOR EACH ROW WHEN (NEW.change ->> 'kind' = 'release_told') EXECUTE FUNCTION steward.note_for_journal('hold', 'hold_id');
  CREATE TRIGGER journal_closed AFTER UPDATE OF closed_at ON steward.requests
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION steward.note_for_journal('request', 'id');
  CREATE TRIGGER journal_lifted AFTER UPDATE OF lifted_at ON steward.tombstones
    FOR EACH ROW WHEN (OLD.lifted_at IS NULL AND NEW.lifted_at IS NOT NULL)
    EXECUTE FUNCTION steward.note_for_journal('suppression', 'erasure_id');
  CREATE TRIGGER journal_ended AFTER UPDATE ON steward.erasures
    FOR EACH ROW WHEN (NEW.journal IS DISTINCT FROM OLD.journal OR NEW.certified_at IS DISTINCT FROM OLD.certified_at
      OR NEW.raw_searched_at IS DISTINCT FROM OLD.raw_searched_at OR NEW.proof IS DISTINCT FROM OLD.proof OR NEW.closed_at IS DISTINCT FROM OLD.closed_at)
    EXECUTE FUNCTION steward.note_for_journal('erasure', 'id');
  -- With the one for the controller those for the others are there.
  CREATE TRIGGER journal_certified AFTER INSERT ON steward.certificates
    FOR EACH ROW WHEN (NEW.audience = 'controller') EXECUTE FUNCTION steward.note_for_journal('erasure', 'erasure_id');
`;

/** The tables of an entry, in the order in which they can be put back, each with the rows that belong to it. */
const ENTRY_TABLES = `
    ('workspaces', 'id = $1'),
    ('workspace_sources', 'workspace_id = $1'),
    ('principals', 'id IN (SELECT created_by FROM holds WHERE workspace_id = $1 AND id = $2
       UNION SELECT released_by FROM holds WHERE workspace_id = $1 AND id = $2
       UNION SELECT actor FROM hold_journal WHERE workspace_id = $1 AND hold_id = $2
       UNION SELECT filed_by FROM requests WHERE workspace_id = $1 AND id = $3
       UNION SELECT principal_id FROM decision_approvals WHERE workspace_id = $1 AND request_id = $3
       UNION SELECT reviewed_by FROM match_records WHERE workspace_id = $1 AND request_id = $3
       UNION SELECT decided_by FROM decisions WHERE workspace_id = $1 AND request_id = $3
       UNION SELECT unnest(ARRAY[o.principal_id, o.withdrawn_by]) FROM erasure_overrides o
         JOIN erasures e ON (e.workspace_id, e.id) = (o.workspace_id, o.erasure_id)
        WHERE e.workspace_id = $1 AND e.request_id = $3
       UNION SELECT created_by FROM instructions WHERE workspace_id = $1 AND (id, version) IN (%1$s))'),
    ('instructions', 'workspace_id = $1 AND (id, version) IN (%1$s)'),
    ('retention_schedules', 'version IN (SELECT schedule_version FROM erasures WHERE workspace_id = $1 AND request_id = $3)'),
    ('holds', 'workspace_id = $1 AND id = $2'),
    ('hold_identities', 'workspace_id = $1 AND hold_id = $2'),
    ('hold_sources', 'workspace_id = $1 AND hold_id = $2'),
    ('hold_journal', 'workspace_id = $1 AND hold_id = $2'),
    ('requests', 'workspace_id = $1 AND id = $3'),
    ('request_identities', 'workspace_id = $1 AND request_id = $3'),
    ('person_identifiers', 'workspace_id = $1 AND request_id = $3'),
    ('match_records', 'workspace_id = $1 AND request_id = $3'),
    ('packages', 'workspace_id = $1 AND request_id = $3'),
    ('erasures', 'workspace_id = $1 AND request_id = $3'),
    ('erasure_overrides', 'workspace_id = $1 AND erasure_id IN (SELECT id FROM erasures WHERE workspace_id = $1 AND request_id = $3)'),
    ('decisions', 'workspace_id = $1 AND request_id = $3'),
    ('decision_approvals', 'workspace_id = $1 AND request_id = $3'),
    ('media_erasures', 'workspace_id = $1 AND erasure_id IN (SELECT id FROM erasures WHERE workspace_id = $1 AND request_id = $3)'),
    ('certificates', 'workspace_id = $1 AND request_id = $3'),
    ('tombstones', 'workspace_id = $1 AND erasure_id IN (SELECT id FROM erasures WHERE workspace_id = $1 AND request_id = $3)')`;

const INSTRUCTIONS = `SELECT instruction_id, instruction_version FROM holds WHERE workspace_id = $1 AND id = $2
       UNION SELECT instruction_id, instruction_version FROM requests WHERE workspace_id = $1 AND id = $3
       UNION SELECT instruction_id, instruction_version FROM decision_approvals WHERE workspace_id = $1 AND request_id = $3
       UNION SELECT t.instruction_id, t.instruction_version FROM tombstones t
         JOIN erasures e ON (e.workspace_id, e.id) = (t.workspace_id, t.erasure_id)
        WHERE e.workspace_id = $1 AND e.request_id = $3
       UNION SELECT o.instruction_id, o.instruction_version FROM erasure_overrides o
         JOIN erasures e ON (e.workspace_id, e.id) = (o.workspace_id, o.erasure_id)
        WHERE e.workspace_id = $1 AND e.request_id = $3`;

const ENTRIES = `
  -- What an entry of the journal says: the rows that a note is about, and those that they stand on. As the owner, for some of
  -- those belong to no workspace.
  CREATE FUNCTION steward.journal_rows(of_kind text, in_workspace uuid, subject uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = steward, pg_temp AS $$
  DECLARE
    request uuid;
    part record;
    found jsonb;
    entry jsonb := '[]';
  BEGIN
    IF of_kind = 'request' THEN request := subject;
    ELSIF of_kind <> 'hold' THEN
      SELECT e.request_id INTO request FROM erasures e WHERE e.workspace_id = in_workspace AND e.id = subject;
    END IF;
    FOR part IN SELECT * FROM (VALUES ${ENTRY_TABLES}) AS parts(name, condition) LOOP
      EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(t)), ''[]'') FROM steward.%I t WHERE ', part.name)
        || format(part.condition, $instructions$${INSTRUCTIONS}$instructions$)
        INTO found USING in_workspace, CASE WHEN of_kind = 'hold' THEN subject END, request;
      IF found <> '[]' THEN entry := entry || jsonb_build_object('table', part.name, 'rows', found); END IF;
    END LOOP;
    RETURN entry;
  END $$;
  REVOKE EXECUTE ON FUNCTION steward.journal_rows(text, uuid, uuid) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION steward.journal_rows(text, uuid, uuid) TO steward_worker;
`;

const PROOF = `
  -- The journal whose leaves are those of the ledgers as they are, where a source was restored since the erasure's own.
  ALTER TABLE steward.erasures ADD COLUMN proof jsonb;
`;

const RESTORES = `
  CREATE TABLE steward.restores (
    id uuid PRIMARY KEY,
    -- NULL is Steward's own database.
    source text,
    created_at timestamptz NOT NULL,
    -- Of the journal, what was not known here.
    first_number bigint,
    last_number bigint,
    finished_at timestamptz,
    entries integer NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX restores_open ON steward.restores (coalesce(source, '')) WHERE finished_at IS NULL;
  ALTER TABLE steward.restores ENABLE ROW LEVEL SECURITY;
  CREATE POLICY read ON steward.restores FOR SELECT USING (true);
  CREATE POLICY platform ON steward.restores USING (steward.in_platform()) WITH CHECK (steward.in_platform());
  GRANT SELECT ON steward.restores TO steward_app;
  GRANT SELECT, INSERT, UPDATE ON steward.restores TO steward_worker;

  -- An erasure that was carried out again in a source that had its records back.
  CREATE TABLE steward.replays (
    workspace_id uuid NOT NULL REFERENCES steward.workspaces (id),
    restore_id uuid NOT NULL REFERENCES steward.restores (id),
    erasure_id uuid NOT NULL,
    source text NOT NULL,
    -- NULL until it is done.
    finished_at timestamptz,
    -- Records that were there again; those that a hold keeps, by now; those that are left all the same.
    records bigint NOT NULL DEFAULT 0 CHECK (records >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    left_over bigint NOT NULL DEFAULT 0 CHECK (left_over >= 0),
    certificate_id uuid,
    PRIMARY KEY (workspace_id, restore_id, erasure_id, source),
    FOREIGN KEY (workspace_id, erasure_id) REFERENCES steward.erasures (workspace_id, id)
  );
  CALL steward.isolate('steward.replays');
  GRANT SELECT ON steward.replays TO steward_app;
  GRANT SELECT, INSERT, UPDATE ON steward.replays TO steward_worker;

  -- Puts an entry's rows back, while a restore of this database is open. What people decided is brought to how it was; what
  -- is only ever added to gets what is missing.
  CREATE FUNCTION steward.replay_rows(entry jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = steward, pg_temp AS $$
  DECLARE
    part jsonb;
    name text;
    columns text;
    key text;
    changes text;
    serial record;
  BEGIN
    IF NOT EXISTS (SELECT FROM steward.restores WHERE source IS NULL AND finished_at IS NULL) THEN
      RAISE EXCEPTION 'No restore is open.' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM set_config('steward.replaying', 'on', true);
    FOR part IN SELECT * FROM jsonb_array_elements(entry) LOOP
      SELECT p.name INTO STRICT name FROM (VALUES ${ENTRY_TABLES}) AS p(name, condition) WHERE p.name = part ->> 'table';
      SELECT string_agg(quote_ident(a.attname), ', ') INTO columns FROM pg_attribute a
       WHERE a.attrelid = format('steward.%I', name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
         AND jsonb_exists(part -> 'rows' -> 0, a.attname);
      SELECT string_agg(quote_ident(a.attname), ', ') INTO key FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indrelid = format('steward.%I', name)::regclass AND i.indisprimary;
      SELECT string_agg(format('%1$I = excluded.%1$I', a.attname), ', ') INTO changes FROM pg_attribute a
       WHERE a.attrelid = format('steward.%I', name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
         AND a.attidentity = '' AND jsonb_exists(part -> 'rows' -> 0, a.attname);
      -- One schedule is in force at a time, and which one that is the owner says.
      IF name = 'retention_schedules' THEN
        SELECT jsonb_set(part, '{rows}', jsonb_agg(r || jsonb_build_object('retired_at', coalesce(r ->> 'retired_at', now()::text))))
          INTO part FROM jsonb_array_elements(part -> 'rows') r;
      END IF;
      EXECUTE format('INSERT INTO steward.%1$I (%2$s) OVERRIDING SYSTEM VALUE
          SELECT %2$s FROM jsonb_populate_recordset(NULL::steward.%1$I, $1) ON CONFLICT %3$s', name, columns,
          CASE WHEN name IN ('instructions', 'holds', 'hold_sources', 'requests', 'packages', 'erasures', 'erasure_overrides',
                             'decisions', 'tombstones')
               THEN format('(%s) DO UPDATE SET %s', key, changes) ELSE 'DO NOTHING' END) USING part -> 'rows';
      -- What is written from now on must not get a number that an entry has brought.
      FOR serial IN SELECT pg_get_serial_sequence(format('steward.%I', name), a.attname) AS sequence, a.attname AS column
                      FROM pg_attribute a WHERE a.attrelid = format('steward.%I', name)::regclass AND a.attidentity <> '' LOOP
        EXECUTE format('SELECT setval(%L, greatest((SELECT max(%I) FROM steward.%I), (SELECT last_value FROM %s)))',
          serial.sequence, serial.column, name, serial.sequence);
      END LOOP;
    END LOOP;
  END $$;
  REVOKE EXECUTE ON FUNCTION steward.replay_rows(jsonb) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION steward.replay_rows(jsonb) TO steward_worker;
`;

export async function up(knex: Knex): Promise<void> {
  for (const statements of [PROOF, BACKUPS, JOURNAL, ENTRIES, RESTORES]) await knex.raw(statements);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
