/**
 * What a search learned of the person beside what it was asked with: the values that digests stand for, and the person's
 * other addresses and numbers. And of a match, whether it proves something alone and whether the row only mentions the
 * person. Both are a moment's work: a new table, and columns with a constant for what is there already.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE steward.person_identifiers (
      workspace_id uuid NOT NULL,
      request_id uuid NOT NULL,
      ordinal integer NOT NULL,
      -- The identity of the request that it is a value of; NULL for one that was not asked with.
      identity_ordinal integer,
      type text NOT NULL,
      sealed_value bytea NOT NULL,
      PRIMARY KEY (workspace_id, request_id, ordinal),
      FOREIGN KEY (workspace_id, request_id) REFERENCES steward.requests (workspace_id, id)
    );
    CALL steward.isolate('steward.person_identifiers');
    GRANT SELECT, INSERT, DELETE ON steward.person_identifiers TO steward_worker;

    ALTER TABLE steward.match_records
      ADD COLUMN uncertain boolean NOT NULL DEFAULT false,
      ADD COLUMN mention boolean NOT NULL DEFAULT false;
  `);
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
