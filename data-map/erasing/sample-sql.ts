/** Some rows of a combination of grounds, for a reviewer to recognise what a decision is about. */
import { onKey } from '../follow.ts';
import { keyObject } from '../matches.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, quoteText, tableName } from '../sql-text.ts';

export interface SampledGroup {
  readonly collection: PlannedCollection;
  /** The temporary table of key columns `k0, k1, …` and `combination`. */
  readonly groundsTable: string;
  readonly combination: string;
  readonly tenantKey: string;
}

/** Answers at most `limit` rows of `key` and `columns`, JSON objects of texts; empty values are left out. */
export function sampleRows(
  { collection, groundsTable, combination, tenantKey }: SampledGroup,
  limit: number,
): Statement {
  const binds = new Binds();
  const parts = collection.columns.map((name) => `${quoteText(name)}, to_jsonb(${column('t', name)}) #>> '{}'`);
  // A function takes a hundred arguments at most (manual, appendix K), and a table can have more columns.
  const objects = chunk(parts, 40).map((some) => `jsonb_build_object(${some.join(', ')})`);
  const text = `SELECT ${keyObject(collection, 't')} AS key, jsonb_strip_nulls(${objects.join(' || ') || `'{}'::jsonb`}) AS columns
    FROM ${groundsTable} g JOIN ${tableName(collection)} t ON ${onKey(collection, 't', 'g')}
   WHERE g.combination = ${binds.add(combination)} AND ${column('t', collection.tenant)} = ${binds.add(tenantKey)}
   LIMIT ${binds.add(limit)}::integer`;
  return { purpose: `sampling ${collection.ref}`, text, values: binds.values };
}

function chunk(parts: readonly string[], size: number): readonly (readonly string[])[] {
  const count = Math.ceil(parts.length / size);
  return Array.from({ length: count }, (_, index) => parts.slice(index * size, (index + 1) * size));
}
