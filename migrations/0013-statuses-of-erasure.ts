/**
 * The statuses of an erasure, and messages that belong to a hold. Each statement is a transaction of its own and none holds
 * a long lock: constraints are added unchecked, then validated, which blocks nobody.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const STATUSES =
  "'received', 'awaiting_instruction', 'locating', 'reviewing_matches', 'gathering', 'packaging', 'awaiting_release', " +
  "'delivering', 'planning', 'awaiting_approval', 'cooling_off', 'erasing', 'verifying', 'certifying', " +
  "'partially_completed', 'completed', 'cancelled'";

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    ...constrain('steward.requests', 'requests_status', `CHECK (status IN (${STATUSES}))`),
    `ALTER TABLE steward.outbox ADD COLUMN IF NOT EXISTS hold_id uuid`,
    ...constrain('steward.outbox', 'outbox_one_owner', 'CHECK (num_nonnulls(request_id, export_id, hold_id) = 1)'),
    ...constrain(
      'steward.outbox',
      'outbox_hold',
      'FOREIGN KEY (workspace_id, hold_id) REFERENCES steward.holds (workspace_id, id)',
    ),
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS outbox_of_hold ON steward.outbox (workspace_id, hold_id)
       WHERE hold_id IS NOT NULL`,
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
