/** Every row of the sample CRM, before and after: what an erasure has taken away, changed and left, to the last column. */
import { escapeIdentifier } from 'pg';
import { withAdmin } from './administrator.ts';

/** By table, and in it by the row's primary key. */
export type CrmRows = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface CrmChanges {
  /** By table: the rows as they were. */
  readonly gone: ReadonlyMap<string, readonly string[]>;
  /** By table: the rows as they were and as they are. */
  readonly changed: ReadonlyMap<string, readonly (readonly [before: string, after: string])[]>;
  readonly added: ReadonlyMap<string, readonly string[]>;
}

interface KeyedTable {
  readonly name: string;
  readonly key: readonly string[];
}

const KEYED_TABLES = `
  SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS key
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
   WHERE c.relnamespace = 'app'::regnamespace GROUP BY c.relname ORDER BY c.relname`;

export function readCrm(adminUrl: string): Promise<CrmRows> {
  return withAdmin(adminUrl, 'crm', async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const { rows: tables } = await client.query<KeyedTable>(KEYED_TABLES);
    const all = new Map<string, ReadonlyMap<string, string>>();
    for (const { name, key } of tables) {
      const columns = key.map((column) => `${escapeIdentifier(column)}::text`).join(', ');
      const { rows } = await client.query<{ key: string; row: string }>(
        `SELECT concat_ws('/', ${columns}) AS key, to_jsonb(t)::text AS row FROM app.${escapeIdentifier(name)} t`,
      );
      all.set(name, new Map(rows.map(({ key: at, row }) => [at, row])));
    }
    return all;
  });
}

export function changesBetween(before: CrmRows, after: CrmRows): CrmChanges {
  const gone = new Map<string, string[]>();
  const changed = new Map<string, (readonly [string, string])[]>();
  const added = new Map<string, string[]>();
  const put = <T>(map: Map<string, T[]>, table: string, value: T) => map.set(table, [...(map.get(table) ?? []), value]);
  for (const [table, rows] of before) {
    const now = after.get(table) ?? new Map<string, string>();
    for (const [key, row] of rows) {
      const left = now.get(key);
      if (left === undefined) put(gone, table, row);
      else if (left !== row) put(changed, table, [row, left]);
    }
    for (const [key, row] of now) if (!rows.has(key)) put(added, table, row);
  }
  return { gone, changed, added };
}

/** How many rows, by table. */
export function countsOf(rows: ReadonlyMap<string, readonly unknown[]>): Readonly<Record<string, number>> {
  return Object.fromEntries([...rows].map(([table, each]) => [table, each.length]));
}
