/**
 * What Steward needs in a source that can be erased: the ledger, so that a record and the evidence of its erasure commit
 * together, and the fence, so that a hold wins against an erasure that is under way (design rules 2 and 3). Plain SQL, to
 * be read by the source's administrator before it is run.
 */

/** Its own schema, beside the product's. Idempotent; `role` is the one that Steward erases as. */
export function sourceSchema(role: string): string {
  const eraser = `"${role.replaceAll('"', '""')}"`;
  return `-- Steward's part of this database. It adds nothing to your tables and changes none of them.
CREATE SCHEMA IF NOT EXISTS steward;

-- One row a workspace. An erasing transaction locks it FOR SHARE and rolls back when the epoch is not its plan's; placing a
-- hold raises the epoch, which waits for the transactions that are under way and turns back those that come later.
CREATE TABLE IF NOT EXISTS steward.fence (
  tenant text PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0)
);

-- Which erasure is under way, from the moment at which its records are written down until they are gone.
CREATE TABLE IF NOT EXISTS steward.erasures (
  erasure_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  generation integer NOT NULL CHECK (generation > 0),
  epoch bigint NOT NULL,
  frozen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The last plan of which the targets are in the journal, and gone from here.
  cleared integer NOT NULL DEFAULT 0
);

-- The records of an erasure that is under way, by their keys, some hundred in a row: written in the snapshot in which they
-- were found, removed when the erasure ends. In each array an element is of one record.
CREATE TABLE IF NOT EXISTS steward.erasure_targets (
  erasure_id uuid NOT NULL,
  collection text NOT NULL,
  action text NOT NULL CHECK (action IN ('delete', 'pseudonymise', 'restrict')),
  -- Counted from 1 for each collection and action, over all plans of the erasure.
  block integer NOT NULL CHECK (block > 0),
  -- The columns that stay, of a pseudonymisation.
  keeps text[] NOT NULL DEFAULT '{}',
  -- A line for each column of the key.
  keys text[] NOT NULL,
  -- The ctid and the xmin of the record that was looked at. One that has others was changed since and is left for a new plan.
  places tid[] NOT NULL,
  versions xid[] NOT NULL,
  -- HMAC-SHA256 of the key under a secret of the workspace: what the ledger's digest is made of. Once the block was gone
  -- through, those of the records that were erased alone.
  leaves bytea[] NOT NULL,
  PRIMARY KEY (erasure_id, collection, action, block)
);
-- Random, so that trying to compress it costs time and saves nothing.
ALTER TABLE steward.erasure_targets ALTER keys SET STORAGE EXTERNAL, ALTER places SET STORAGE EXTERNAL,
  ALTER versions SET STORAGE EXTERNAL, ALTER leaves SET STORAGE EXTERNAL;

-- Objects in stores that the records name, to be removed after the records.
CREATE TABLE IF NOT EXISTS steward.erasure_objects (
  erasure_id uuid NOT NULL,
  store text NOT NULL,
  object text NOT NULL,
  PRIMARY KEY (erasure_id, store, object)
);

-- One row a batch, written in the batch's own transaction: a digest of the keys, never the keys.
CREATE TABLE IF NOT EXISTS steward.erasure_ledger (
  erasure_id uuid NOT NULL,
  tenant text NOT NULL,
  collection text NOT NULL,
  action text NOT NULL CHECK (action IN ('delete', 'pseudonymise', 'restrict')),
  generation integer NOT NULL CHECK (generation > 0),
  sequence integer NOT NULL CHECK (sequence > 0),
  -- The blocks of targets that the batch went through, of which some records may have been gone or changed.
  first_target bigint NOT NULL,
  last_target bigint NOT NULL CHECK (last_target >= first_target),
  rows bigint NOT NULL CHECK (rows >= 0),
  gone bigint NOT NULL DEFAULT 0 CHECK (gone >= 0),
  changed bigint NOT NULL DEFAULT 0 CHECK (changed >= 0),
  -- Rows of others whose reference to the records was emptied.
  detached bigint NOT NULL DEFAULT 0 CHECK (detached >= 0),
  -- SHA-256 over the leaves of the rows, in their order.
  keys_digest bytea NOT NULL,
  epoch bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (erasure_id, collection, action, generation, sequence)
) PARTITION BY HASH (erasure_id);
DO $$ BEGIN
  FOR part IN 0..7 LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS steward.erasure_ledger_%s PARTITION OF steward.erasure_ledger
                    FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
  END LOOP;
END $$;

-- By which a hold finds what was erased since it was placed.
CREATE INDEX IF NOT EXISTS erasure_ledger_of_tenant ON steward.erasure_ledger (tenant, at);

REVOKE ALL ON SCHEMA steward FROM PUBLIC;
GRANT USAGE ON SCHEMA steward TO ${eraser};
GRANT SELECT, INSERT, UPDATE ON steward.fence TO ${eraser};
-- What was written into the ledger stays: no UPDATE, no DELETE.
GRANT SELECT, INSERT ON steward.erasure_ledger TO ${eraser};
GRANT SELECT, INSERT, UPDATE, DELETE ON steward.erasures, steward.erasure_targets, steward.erasure_objects TO ${eraser};
`;
}

/** What the role needs of the product's tables, which are named as SQL writes them: to find, to mask and to delete. */
export function eraserGrants(
  role: string,
  tables: readonly { readonly schema: string; readonly name: string }[],
): string {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const schemas = [...new Set(tables.map(({ schema }) => quote(schema)))];
  return [
    "-- Steward's rights on your own tables. Keys of what is found are held in temporary tables.",
    'DO $$ BEGIN',
    `  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), '${role.replaceAll("'", "''")}');`,
    'END $$;',
    ...schemas.map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${quote(role)};`),
    ...tables.map(({ name }) => `GRANT SELECT, UPDATE, DELETE ON ${name} TO ${quote(role)};`),
    '',
  ].join('\n');
}
