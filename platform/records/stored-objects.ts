/** Which stored objects Steward's records know of. */
import type { Database } from '../database.ts';

/** Everything that is stored lies under `<kind>/<workspace>/<request or export>/`. */
export const STORED_PREFIXES = ['packages/', 'exports/', 'attachments/', 'certificates/'] as const;

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const STORED_KEY = new RegExp(`^(?:${STORED_PREFIXES.join('|')})(${UUID})/${UUID}/.+$`);

/**
 * Of keys, those that belong to a request or an export and that no record names: what a crash between the upload and the
 * commit left. Keys of any other form, or of what is no request or export of ours, are not ours to judge.
 */
export async function findOrphans(db: Database, keys: readonly string[]): Promise<readonly string[]> {
  const byWorkspace = Map.groupBy(keys, (key) => STORED_KEY.exec(key)?.[1]);
  const orphans: string[] = [];
  for (const [workspaceId, own] of byWorkspace) {
    if (workspaceId !== undefined) orphans.push(...(await orphansOf(db, workspaceId, own)));
  }
  return orphans;
}

async function orphansOf(db: Database, workspace: string, keys: string[]): Promise<readonly string[]> {
  return db.withTenant(workspace, async (trx) => {
    const { rows } = await trx.raw<{ rows: { key: string }[] }>(
      `SELECT o.key FROM (SELECT key, split_part(key, '/', 3)::uuid AS owner FROM unnest(:keys::text[]) AS key) o
        WHERE (EXISTS (SELECT FROM requests r WHERE r.workspace_id = :workspace AND r.id = o.owner)
            OR EXISTS (SELECT FROM workspace_exports e WHERE e.workspace_id = :workspace AND e.id = o.owner))
          AND NOT EXISTS (SELECT FROM packages p WHERE p.workspace_id = :workspace
                             AND p.storage_key = o.key AND p.status <> 'deleted')
          AND NOT EXISTS (SELECT FROM export_parts x WHERE x.workspace_id = :workspace
                             AND x.export_id = o.owner AND x.storage_key = o.key)
          AND NOT EXISTS (SELECT FROM attachments a WHERE a.workspace_id = :workspace
                             AND a.request_id = o.owner AND a.storage_key = o.key AND a.removed_at IS NULL)
          AND NOT EXISTS (SELECT FROM certificates c WHERE c.workspace_id = :workspace
                             AND c.request_id = o.owner AND c.storage_key = o.key)`,
      { keys, workspace },
    );
    return rows.map(({ key }) => key);
  });
}
