/** Which stored objects Steward's records know of. */
import type { Database } from '../database.ts';

/** `packages/<workspace>/<request>/<object>`, as packages of requests are stored. */
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const PACKAGE_KEY = new RegExp(`^packages/(${UUID})/${UUID}/[^/]+$`);

/**
 * Of keys under `packages/`, those that belong to a request and that no package of it names: what a crash between the
 * upload and the commit left. Keys of any other form, or of what is no request of ours, are not ours to judge.
 */
export async function findOrphans(db: Database, keys: readonly string[]): Promise<readonly string[]> {
  const byWorkspace = Map.groupBy(keys, (key) => PACKAGE_KEY.exec(key)?.[1]);
  const orphans: string[] = [];
  for (const [workspaceId, own] of byWorkspace) {
    if (workspaceId !== undefined) orphans.push(...(await orphansOf(db, workspaceId, own)));
  }
  return orphans;
}

async function orphansOf(db: Database, workspaceId: string, keys: string[]): Promise<readonly string[]> {
  return db.withTenant(workspaceId, async (trx) => {
    const { rows } = await trx.raw<{ rows: { key: string }[] }>(
      `SELECT stored.key FROM unnest(?::text[]) AS stored (key)
         JOIN requests r ON r.workspace_id = ? AND r.id = split_part(stored.key, '/', 3)::uuid
        WHERE NOT EXISTS (SELECT FROM packages p WHERE p.workspace_id = r.workspace_id
                             AND p.storage_key = stored.key AND p.status <> 'deleted')`,
      [keys, workspaceId],
    );
    return rows.map(({ key }) => key);
  });
}
