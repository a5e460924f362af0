/**
 * What a shell would do: `psql -c 'COPY (SELECT row_to_json(t) …) TO STDOUT' | gzip > file` for each table, as many at a
 * time as there are cores and the largest first. There is no psql here, so a process of ours reads the COPY; the compressor
 * is the export's own, zlib with the same settings, in threads.
 */
import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { to as copyTo } from 'pg-copy-streams';
import type { ClientBase } from 'pg';
import { GZIP } from '../../activities/exporting/row-part.ts';
import { perform } from '../support/child.ts';
import { measureServed } from '../support/server-time.ts';
import { withConnection } from '../support/site.ts';
import type { ExportMeasurement } from './export-child.ts';

interface PipelineTask {
  readonly url: string;
  readonly tenantKey: string;
  /** Where the files go; it exists. */
  readonly folder: string;
}

export type PipelineWork = typeof work;

async function work({ url, tenantKey, folder }: PipelineTask): Promise<ExportMeasurement> {
  const tables = await withConnection(url, largestFirst);
  let rows = 0;
  const oneAfterTheOther = (): Promise<void> =>
    withConnection(url, async (client) => {
      for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
        const copied = await copyTable(client, table, tenantKey, join(folder, `${table.table}.jsonl.gz`));
        rows += copied;
      }
    });
  const measured = await measureServed(url, async () => {
    await Promise.all(Array.from({ length: availableParallelism() }, oneAfterTheOther));
  });
  return { ...measured, rows };
}

interface TenantTable {
  readonly table: string;
  /** The column that tells the workspace. */
  readonly tenant: string;
}

/** The tables with the workspace's rows, and the one that its own row is in. */
async function largestFirst(client: ClientBase): Promise<TenantTable[]> {
  const { rows } = await client.query<TenantTable>(
    `SELECT relname AS table, attname AS tenant FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        AND attname = CASE relname WHEN 'workspaces' THEN 'id' ELSE 'workspace_id' END
      WHERE relkind = 'r' AND relnamespace = 'app'::regnamespace ORDER BY pg_relation_size(pg_class.oid) DESC`,
  );
  return rows;
}

async function copyTable(
  client: ClientBase,
  { table, tenant }: TenantTable,
  tenantKey: string,
  file: string,
): Promise<number> {
  const where = `${client.escapeIdentifier(tenant)} = ${client.escapeLiteral(tenantKey)}`;
  const copied = client.query(
    copyTo(`COPY (SELECT row_to_json(t) FROM app.${client.escapeIdentifier(table)} t WHERE ${where}) TO STDOUT`),
  );
  await pipeline(copied, createGzip(GZIP), createWriteStream(file));
  return copied.rowCount;
}

perform(work);
