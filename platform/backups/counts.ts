/** Compares what a restored database has with what its backup's manifest says. */
import type { BackupManifest } from '../../domain/backups.ts';
import { withConnection } from './connection.ts';

/** The tables that are not there, or have other numbers of rows. */
export async function countDifferences(
  url: string,
  { tables, way }: Pick<BackupManifest, 'tables' | 'way'>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  // A dump has partitions one by one, a copy what they are partitions of.
  const only = way === 'pg_dump' ? 'ONLY ' : '';
  return withConnection(
    url,
    async (client) => {
      const differing: string[] = [];
      for (const { table, rows } of tables) {
        const { rows: found } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
          table,
        ]);
        if (found[0]?.there !== true) differing.push(table);
        else {
          const counted = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${only}${table}`);
          if (Number(counted.rows[0]?.rows) !== rows) differing.push(table);
        }
      }
      return differing;
    },
    signal,
  );
}
