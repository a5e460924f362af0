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

-- One row a batch, written in the batch's own transaction: a digest of the keys, never the keys.
CREATE TABLE IF NOT EXISTS steward.erasure_ledger (
  erasure_id uuid NOT NULL,
  tenant text NOT NULL,
  collection text NOT NULL,
  sequence integer NOT NULL CHECK (sequence > 0),
  action text NOT NULL CHECK (action IN ('delete', 'pseudonymise', 'restrict')),
  rows bigint NOT NULL CHECK (rows > 0),
  keys_digest bytea NOT NULL,
  epoch bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (erasure_id, collection, sequence)
) PARTITION BY HASH (erasure_id);
DO $$ BEGIN
  FOR part IN 0..7 LOOP
    EXECUTE format('CREATE TABLE IF NOT EXISTS steward.erasure_ledger_%s PARTITION OF steward.erasure_ledger
                    FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
  END LOOP;
END $$;

REVOKE ALL ON SCHEMA steward FROM PUBLIC;
GRANT USAGE ON SCHEMA steward TO ${eraser};
GRANT SELECT, INSERT, UPDATE ON steward.fence TO ${eraser};
-- What was written into the ledger stays: no UPDATE, no DELETE.
GRANT SELECT, INSERT ON steward.erasure_ledger TO ${eraser};
`;
}
