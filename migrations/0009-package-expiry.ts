/**
 * Finds packages whose time is over, of whatever workspace, and packages by where they are stored. The function shows ids
 * and times alone; what else is in the rows stays behind row-level security.
 */
import type { Knex } from 'knex';

export const config = { transaction: false };

export async function up(knex: Knex): Promise<void> {
  for (const statement of [
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS packages_to_expire ON steward.packages (expires_at, id)
       WHERE status <> 'deleted'`,
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS packages_storage_key ON steward.packages (workspace_id, storage_key)`,
    // A package stays for as long as its request is open: it may still wait for its release, or for the mail server. The
    // cursor is text, for a time loses its microseconds on the way through JavaScript.
    `CREATE OR REPLACE FUNCTION steward.packages_to_expire(after_expiry text, after_id uuid, at_most integer)
       RETURNS TABLE (workspace_id uuid, id uuid, expiry text)
       LANGUAGE sql STABLE SECURITY DEFINER SET search_path = steward, pg_temp AS $$
       SELECT p.workspace_id, p.id, p.expires_at::text FROM steward.packages p
        WHERE p.status <> 'deleted' AND p.expires_at <= now()
          AND (p.expires_at, p.id) > (after_expiry::timestamptz, after_id)
          AND NOT EXISTS (SELECT FROM steward.requests r
                           WHERE r.workspace_id = p.workspace_id AND r.id = p.request_id AND r.closed_at IS NULL)
        ORDER BY p.expires_at, p.id LIMIT at_most $$`,
    `REVOKE EXECUTE ON FUNCTION steward.packages_to_expire(text, uuid, integer) FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION steward.packages_to_expire(text, uuid, integer) TO steward_worker`,
  ]) {
    await knex.raw(statement);
  }
}

export async function down(): Promise<void> {
  throw new Error('Migrations only go forward.');
}
