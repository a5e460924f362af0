/** The sample CRM in databases of given sizes, side by side on one server. */
import type { ClientBase } from 'pg';
import { grantEraser, grantReader } from '../../dev/databases.ts';
import { createSampleCrm } from '../../dev/sample-crm/create.ts';
import { withConnection } from './site.ts';
import type { Site } from './site.ts';

export interface SizedSource {
  /** What was really written. */
  readonly rows: number;
  /** For Steward's roles in a source: the one that reads, and the one that erases. */
  readonly url: string;
  readonly eraseUrl: string;
}

/** Some. Those of the other workspace, which has a tenth as many people, are among them. */
const ROWS_PER_PERSON = 14.4;

/**
 * About so many rows. Frozen, or whoever reads a page first would do it. The objects that rows name are written where no
 * setting looks: there are as many of them in every size.
 */
export async function loadSource(site: Site, rows: number, log: (line: string) => void): Promise<SizedSource> {
  const url = await site.createSource(`crm_${rows}`);
  const people = Math.ceil(rows / ROWS_PER_PERSON);
  await createSampleCrm({ url, mediaFolder: site.home.path('unread-media'), people, log });
  await grantReader(url);
  await grantEraser(url);
  return withConnection(url, async (client) => {
    await client.query('VACUUM (FREEZE, ANALYZE)');
    return { rows: await countRows(client), url: site.asReader(url), eraseUrl: site.asEraser(url) };
  });
}

async function countRows(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `SELECT sum(reltuples)::float8 AS rows FROM pg_class WHERE relkind = 'r' AND relnamespace = 'app'::regnamespace`,
  );
  return rows[0]?.rows ?? Number.NaN;
}
