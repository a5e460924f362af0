/**
 * Under which jurisdictions an erasure was planned, in which sources it has begun and how far it is; and that a schedule can
 * be what a request is blocked by. Constraints are added unchecked and validated in a transaction of their own, which blocks nobody.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

const BLOCKED_BY =
  "CHECK (blocked_by IN ('database', 'source', 'storage', 'mail', 'temporal', 'package', 'data_map', 'schedule', 'unknown'))";

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `ALTER TABLE steward.erasures
       -- Of the workspace, as the present plan went by them; NULL for a plan from before this was written down.
       ADD COLUMN IF NOT EXISTS jurisdictions text[],
       -- Those in which records may be written down to be erased: none of them may be left out until the erasure has ended.
       ADD COLUMN IF NOT EXISTS sources text[] NOT NULL DEFAULT '{}',
       -- Records gone through, of those that were to be erased, masked or marked when it was last counted.
       ADD COLUMN IF NOT EXISTS erasing_rows bigint,
       ADD COLUMN IF NOT EXISTS erasing_of bigint`,
    `UPDATE steward.erasures SET sources = ARRAY(SELECT jsonb_object_keys(epochs))
      WHERE begun_at IS NOT NULL AND closed_at IS NULL AND sources = '{}'`,
    ...constrain('steward.requests', 'requests_blocked_by_check', BLOCKED_BY),
    ...constrain('steward.workspace_exports', 'workspace_exports_blocked_by_check', BLOCKED_BY),
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
