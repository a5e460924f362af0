/** Loading of whole tables, with what PostgreSQL would check row by row put off to the end. */
import type { ClientBase } from 'pg';

/** What goes, and how it comes back: the foreign keys first, for they need the unique indexes that stay. */
const PUT_OFF = `
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
         format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'app'::regnamespace
  UNION ALL
  SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
   WHERE relnamespace = 'app'::regnamespace AND NOT indisunique`;

interface PutOff {
  readonly drop: string;
  readonly make: string;
}

/**
 * Loads in one transaction without foreign keys and secondary indexes, which are made again from what was loaded: half the
 * time of keeping them, and rows may point at rows that come later. A load that is cut short leaves nothing behind;
 * one that fails leaves the transaction to the end of the session.
 */
export async function loadInBulk(client: ClientBase, load: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  const { rows: putOff } = await client.query<PutOff>(PUT_OFF);
  for (const { drop } of putOff) await client.query(drop);
  await load();
  await client.query("SET LOCAL maintenance_work_mem = '256MB'");
  for (const { make } of putOff) await client.query(make);
  await client.query('COMMIT');
}
