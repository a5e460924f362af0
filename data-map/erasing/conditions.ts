/** What a rule or an exception demands of a row, in SQL. */
import type { ColumnTypes, PlacedCollection } from '../column-types.ts';
import type { Condition } from '../schedule/format.ts';
import type { Binds } from '../sql-text.ts';
import { column } from '../sql-text.ts';

/** Over the alias `t` of the collection's table; never null. */
export function conditionsSql(
  collection: PlacedCollection,
  where: readonly Condition[],
  types: ColumnTypes,
  binds: Binds,
): string {
  return where.map((condition) => conditionSql(collection, condition, types, binds)).join(' AND ') || 'true';
}

const NUMBERS = ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'];

/** An empty text is as empty as none. */
function conditionSql(collection: PlacedCollection, condition: Condition, types: ColumnTypes, binds: Binds): string {
  const value = column('t', condition.column);
  const isEmpty = `coalesce(${value}::text, '') = ''`;
  if ('is' in condition) return condition.is === 'empty' ? isEmpty : `NOT ${isEmpty}`;
  const base = types(collection, condition.column)?.base ?? '';
  const listed = binds.add(condition.in.map(String));
  // 1 is 1.00, and a text that is no number is none of them.
  if (NUMBERS.includes(base) && condition.in.every((each) => Number.isFinite(Number(each))))
    return `coalesce(${value}::numeric = ANY (${listed}::text[]::numeric[]), false)`;
  return `coalesce(${value}::text = ANY (${listed}::text[]), false)`;
}
