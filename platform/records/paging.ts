/** Pages by position: newest first, by time and id. */
import type { Knex } from 'knex';

export interface Position {
  readonly at: Date;
  readonly id: string;
}

export interface PageRequest {
  readonly limit: number;
  /** The last row of the page before. */
  readonly after: Position | undefined;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The position to go on from; undefined when nothing follows. */
  readonly last: Position | undefined;
}

interface Positioned {
  readonly id: string;
  readonly created_at: Date;
}

/**
 * Reads one page of `query`, which selects `id` and `created_at` of `table`. The rows must have been written with whole
 * milliseconds, as a JavaScript date is.
 */
export async function readPage<Row extends Positioned>(
  query: Knex.QueryBuilder,
  table: string,
  { limit, after }: PageRequest,
): Promise<Page<Row>> {
  if (after) void query.whereRaw('(??, ??) < (?, ?)', [`${table}.created_at`, `${table}.id`, after.at, after.id]);
  const rows: Row[] = await query
    .orderBy([
      { column: `${table}.created_at`, order: 'desc' },
      { column: `${table}.id`, order: 'desc' },
    ])
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return { rows: page, last: last && { at: last.created_at, id: last.id } };
}

/** How many rows a query has. */
export async function countOf(query: Knex.QueryBuilder): Promise<number> {
  const row: { readonly count: string } = await query.count({ count: '*' }).first();
  return Number(row.count);
}
