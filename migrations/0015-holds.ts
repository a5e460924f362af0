/**
 * What placing and releasing holds needs beside the tables of 0012: what had been erased before a source knew of the hold,
 * whom to tell of the release, and messages of the worker's to the runs of requests. The tables of holds have never been
 * written, so their changes lock nobody out; the constraint on messages is added unchecked and then validated.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.holds ADD COLUMN IF NOT EXISTS notify_email text`,
    `ALTER TABLE steward.hold_sources
       -- By the ledger, as it stood when the fence was raised: [{erasureId, collection, action, rows}].
       ADD COLUMN IF NOT EXISTS erased_before jsonb NOT NULL DEFAULT '[]'`,
    // Steward itself makes a hold effective.
    `ALTER TABLE steward.hold_journal ALTER COLUMN actor DROP NOT NULL`,
    `CREATE INDEX IF NOT EXISTS hold_journal_of_hold ON steward.hold_journal (workspace_id, hold_id, id)`,
    `CREATE INDEX IF NOT EXISTS holds_newest ON steward.holds (workspace_id, created_at DESC, id DESC)`,
    `CREATE INDEX IF NOT EXISTS holds_active ON steward.holds (workspace_id) WHERE state <> 'released'`,
    `ALTER TABLE steward.holds DROP CONSTRAINT IF EXISTS holds_data_key,
       ADD CONSTRAINT holds_data_key FOREIGN KEY (workspace_id, data_key_id) REFERENCES keys.data_keys (workspace_id, id)`,
    `ALTER TABLE steward.holds DROP CONSTRAINT IF EXISTS holds_instruction,
       ADD CONSTRAINT holds_instruction FOREIGN KEY (workspace_id, instruction_id, instruction_version)
         REFERENCES steward.instructions (workspace_id, id, version)`,
    `ALTER TABLE steward.outbox DROP CONSTRAINT IF EXISTS outbox_message_check, ADD CONSTRAINT outbox_message_check
       CHECK (message IN ('start', 'instruct', 'cancel', 'review', 'release')) NOT VALID`,
    `ALTER TABLE steward.outbox VALIDATE CONSTRAINT outbox_message_check`,
    `GRANT INSERT ON steward.outbox TO steward_worker`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
