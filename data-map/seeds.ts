/** The SQL that finds rows by a person's identities, before any edge is followed. */
import type { Collection, FieldRef } from './model.ts';
import type { Mention, PhoneSpellings, Predicate, ValuePredicate } from './predicates.ts';
import type { Binds } from './sql-text.ts';
import { anyValue, column, escapeLike, jsonValue, tableName, textValue } from './sql-text.ts';
import { searchable } from './third-parties.ts';

/** A collection whose rows can be told by workspace. */
export type Searchable = Collection & { readonly tenant: string };

/**
 * A query of `select`, over the alias `t`, for every row of the workspace that satisfies one of the predicates; undefined
 * without any. One SELECT a condition: an OR over several expressions would keep PostgreSQL from using their indexes.
 */
export function rowsBy(
  predicates: readonly Predicate[],
  collection: Searchable,
  select: string,
  tenantKey: string,
  binds: Binds,
): string | undefined {
  if (predicates.length === 0) return undefined;
  const from = `SELECT ${select} FROM ${tableName(collection)} t`;
  return predicates
    .flatMap((each) => conditions(each, collection, binds))
    .map((condition) => `${from} WHERE ${column('t', collection.tenant)} = ${binds.add(tenantKey)} AND ${condition}`)
    .join('\nUNION\n');
}

function conditions(predicate: Predicate, collection: Searchable, binds: Binds): readonly string[] {
  if (predicate.kind === 'keys') return [keysCondition(predicate.keys, collection, binds)];
  if (predicate.kind === 'mention') return [mentionCondition(predicate.at, predicate.mention, binds)];
  if (predicate.kind === 'all') {
    const each = predicate.of.map((some) => some.flatMap((one) => conditions(one, collection, binds)).join(' OR '));
    return [each.map((some) => `(${some})`).join(' AND ')];
  }
  return conditionsOn(predicate, binds).map((condition) => anyValue('t', predicate.at, condition));
}

/** Values are bound as text and typed by the column they are compared with, so that the index of the key serves. */
function keysCondition(
  keys: readonly Readonly<Record<string, string>>[],
  { key: names }: Searchable,
  binds: Binds,
): string {
  const [first, ...others] = names;
  if (first !== undefined && others.length === 0) {
    return `${column('t', first)} = ANY (${binds.add(keys.map((key) => key[first] ?? ''))})`;
  }
  const rows = keys.map((key) => names.map((name) => `${column('t', name)} = ${binds.add(key[name] ?? '')}`));
  return `(${rows.map((parts) => `(${parts.join(' AND ')})`).join(' OR ')})`;
}

/**
 * The patterns find candidates, by an index of trigrams (pg_trgm) where there is one; the expression decides. CASE, for
 * PostgreSQL takes all regular expressions to be equally dear and may test them in any order.
 */
function mentionCondition(at: FieldRef, { like, hint, token }: Mention, binds: Binds): string {
  const text = textValue('t', at);
  const candidate = `${text} ILIKE ANY (${binds.add(like)}::text[])`;
  const decided = `${searchable(jsonValue('t', at))} ~* ${binds.add(token)}`;
  if (hint === undefined) return `(${candidate} AND ${decided})`;
  return `(${candidate} AND CASE WHEN ${text} ~ ${binds.add(hint)} THEN ${decided} END)`;
}

/** A condition on the text of a value. */
type Condition = (value: string) => string;

function conditionsOn(predicate: ValuePredicate, binds: Binds): readonly Condition[] {
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
