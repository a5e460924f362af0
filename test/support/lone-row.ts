/** A row in Steward's schema on its own, without the rows that it refers to. */
import type { Pool } from 'pg';

export async function insertLoneRow(pool: Pool, table: string, row: Readonly<Record<string, unknown>>): Promise<void> {
  const columns = Object.keys(row).join(', ');
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SET LOCAL session_replication_role = 'replica'");
    await client.query(
      `INSERT INTO steward.${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::steward.${table}, $1)`,
      [JSON.stringify(row)],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** An export that is under way. */
export function insertExport(pool: Pool, workspaceId: string, id: string): Promise<void> {
  const now = new Date();
  return insertLoneRow(pool, 'workspace_exports', {
    id,
    workspace_id: workspaceId,
    status: 'exporting',
    formats: ['jsonl'],
    instruction_id: id,
    instruction_version: 1,
    filed_by: id,
    data_key_id: id,
    include_redacted: false,
    needs_attention: false,
    created_at: now,
    updated_at: now,
  });
}
