/** The SQL that finds rows by a person's identities, before any edge is followed. */
import type { PlannedCollection } from './plan.ts';
import type { PhoneSpellings, Predicate } from './predicates.ts';
import type { Binds } from './sql-text.ts';
import { anyValue, column, escapeLike, tableName } from './sql-text.ts';

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
  const on = conditionsOn(predicate, binds);
  return on.map((condition) => anyValue('t', predicate.at, condition));
}

/** A condition on the text of a value. */
type Condition = (value: string) => string;

function conditionsOn(predicate: Predicate, binds: Binds): readonly Condition[] {
  if (predicate.kind === 'email') return emailConditions(predicate, binds);
  if (predicate.kind === 'phone') return phoneConditions(predicate.spellings, binds);
  const same = binds.add(predicate.value);
  return [(value) => `${value} = ${same}`];
}

function emailConditions({ local, domain }: { local: string; domain: string }, binds: Binds): readonly Condition[] {
  const exact = binds.add(`${local}@${domain}`);
  const tagged = binds.add(`${escapeLike(local)}+%@${escapeLike(domain)}`);
  // A list of addresses in one field must not pass as a sub-address of its first.
  return [
    (value) => `lower(${value}) = ${exact}`,
    (value) => `lower(${value}) LIKE ${tagged} AND lower(${value}) NOT LIKE '%@%@%'`,
  ];
}

function phoneConditions({ anywhere, domestic }: PhoneSpellings, binds: Binds): readonly Condition[] {
  const digits: Condition = (value) => `regexp_replace(${value}, '[^0-9]', '', 'g')`;
  const everywhere = binds.add(anywhere);
  const here = domestic.length > 0 ? binds.add(domestic) : undefined;
  const found: Condition = (value) => `${digits(value)} = ANY(${everywhere})`;
  if (here === undefined) return [found];
  return [found, (value) => `${digits(value)} = ANY(${here}) AND ltrim(${value}) NOT LIKE '+%'`];
}
