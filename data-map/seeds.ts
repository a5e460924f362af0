/** The SQL that finds rows by a person's identities, before any edge is followed. */
import type { PlannedCollection } from './plan.ts';
import type { PhoneSpellings, Predicate } from './predicates.ts';
import type { Binds } from './sql-text.ts';
import { column, escapeLike, tableName, textValue } from './sql-text.ts';

/**
 * A query of `select`, over the alias `t`, for every row of the workspace that satisfies a seed of the collection; undefined
 * when it has none. One SELECT a condition: an OR over several expressions would keep PostgreSQL from using their indexes.
 */
export function rowsByIdentity(
  collection: PlannedCollection,
  select: string,
  tenantKey: string,
  binds: Binds,
): string | undefined {
  const { seeds, tenant } = collection;
  if (seeds.length === 0) return undefined;
  const from = `SELECT ${select} FROM ${tableName(collection)} t`;
  return seeds
    .flatMap((each) => conditions(each, binds))
    .map((condition) => `${from} WHERE ${column('t', tenant)} = ${binds.add(tenantKey)} AND ${condition}`)
    .join('\nUNION\n');
}

function conditions(predicate: Predicate, binds: Binds): readonly string[] {
  const value = textValue('t', predicate.at);
  if (predicate.kind === 'email') return emailConditions(value, predicate, binds);
  if (predicate.kind === 'phone') return phoneConditions(value, predicate.spellings, binds);
  return [`${value} = ${binds.add(predicate.value)}`];
}

function emailConditions(
  value: string,
  { local, domain }: { local: string; domain: string },
  binds: Binds,
): readonly string[] {
  const exact = binds.add(`${local}@${domain}`);
  const tagged = binds.add(`${escapeLike(local)}+%@${escapeLike(domain)}`);
  // A list of addresses in one field must not pass as a sub-address of its first.
  return [`lower(${value}) = ${exact}`, `lower(${value}) LIKE ${tagged} AND lower(${value}) NOT LIKE '%@%@%'`];
}

function phoneConditions(value: string, { anywhere, domestic }: PhoneSpellings, binds: Binds): readonly string[] {
  const digits = `regexp_replace(${value}, '[^0-9]', '', 'g')`;
  const everywhere = `${digits} = ANY(${binds.add(anywhere)})`;
  if (domestic.length === 0) return [everywhere];
  return [everywhere, `${digits} = ANY(${binds.add(domestic)}) AND ltrim(${value}) NOT LIKE '+%'`];
}
