/**
 * What a request says about how its person is to be found and how its package goes out, and the statuses in which it waits
 * for that. Each statement is a transaction of its own and none holds a long lock: constraints are added unchecked, then
 * validated, which blocks nobody.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const STATUSES =
  "'received', 'awaiting_instruction', 'locating', 'reviewing_matches', 'gathering', 'packaging', 'awaiting_release', " +
  "'delivering', 'completed', 'cancelled'";

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.requests ADD COLUMN IF NOT EXISTS combine text NOT NULL DEFAULT 'any'`,
    `ALTER TABLE steward.requests ADD COLUMN IF NOT EXISTS release text NOT NULL DEFAULT 'immediate'`,
    `ALTER TABLE steward.request_identities ADD COLUMN IF NOT EXISTS format text NOT NULL DEFAULT 'raw'`,
    // A match by an identifier that proves nothing alone waits for a person; NULL is one that needs none. The hint is what
    // the reviewer sees of the row, masked, and sealed with the request's data key.
    `ALTER TABLE steward.match_records ADD COLUMN IF NOT EXISTS review text`,
    `ALTER TABLE steward.match_records ADD COLUMN IF NOT EXISTS reviewed_by uuid REFERENCES steward.principals (id)`,
    `ALTER TABLE steward.match_records ADD COLUMN IF NOT EXISTS reviewed_at timestamptz`,
    `ALTER TABLE steward.match_records ADD COLUMN IF NOT EXISTS sealed_hint bytea`,
    `GRANT UPDATE (review, reviewed_by, reviewed_at) ON steward.match_records TO steward_app`,
    ...constrain('steward.requests', 'requests_combine', `combine IN ('any', 'all')`),
    ...constrain('steward.requests', 'requests_release', `release IN ('immediate', 'reviewed')`),
    ...constrain('steward.requests', 'requests_status', `status IN (${STATUSES})`),
    ...constrain(
      'steward.request_identities',
      'request_identities_format',
      `format IN ('raw', 'sha1', 'md5', 'sha256')`,
    ),
    ...constrain('steward.match_records', 'match_records_review', `review IN ('pending', 'accepted', 'rejected')`),
    ...constrain('steward.outbox', 'outbox_message_check', `message IN ('start', 'instruct', 'cancel', 'review')`),
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS match_records_pending ON steward.match_records (workspace_id, request_id)
       WHERE review = 'pending'`,
  ]) {
    await knex.raw(statement);
  }
}

function constrain(table: string, name: string, check: string): readonly string[] {
  return [
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${check}) NOT VALID`,
    `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`,
  ];
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
