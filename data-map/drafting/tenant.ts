/** Which column probably holds the workspace. */
import type { CatalogueTable } from '../catalogue/model.ts';

export interface TenantGuess {
  readonly column: string;
  /** How many tables have it, and of how many. */
  readonly tables: number;
  readonly of: number;
}

/** The `…_id` column that most tables share; undefined when none is in more than half of them. */
export function guessTenant(tables: readonly CatalogueTable[]): TenantGuess | undefined {
  const counts = new Map<string, number>();
  for (const { name } of tables.flatMap(({ columns }) => columns))
    if (/_id$|[a-z]Id$/.test(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [best] = [...counts].toSorted(([, a], [, b]) => b - a);
  if (best === undefined || best[1] * 2 <= tables.length) return undefined;
  return { column: best[0], tables: best[1], of: tables.length };
}
