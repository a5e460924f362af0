/**
 * The raw search: every text and JSON column of a table, whatever the data map says of it, for the identifiers of many
 * people in one pass. What the map's own search does not look into is looked into here.
 */
import type { Identity } from '../../domain/identities.ts';
import { rawValues } from '../../domain/identities.ts';
import type { LiveColumnRow } from '../live-columns.ts';
import { mentionsOf } from '../mentions.ts';
import type { Collection } from '../model.ts';
import { phoneSpellings } from '../predicates.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, quoteText, tableName } from '../sql-text.ts';
import { searchable } from '../third-parties.ts';
import { MIN_PHONE, NO_DECIMAL, phoneToken } from '../tokens.ts';

/** What a text must have to name a person. */
export interface Needle {
  /** Of the erasure that it is looked for, among those of the batch. */
  readonly of: number;
  /** A pattern of LIKE, in any case. */
  readonly pattern: string;
  /** And this: a regular expression, in any case. */
  readonly token: string;
  /** Of digits with what people put between them: no part of a path may be such. */
  readonly isNumber: boolean;
}

/** By the identifiers that can be told from other words. `region` is where numbers are written without their country code. */
export function needlesOf(of: number, identities: readonly Identity[], region: string | undefined): readonly Needle[] {
  const at = { column: '', path: [] };
  return identities.flatMap((identity) => {
    if (identity.type === 'phone_number')
      return rawValues(identity).flatMap((value) => needlesOfNumber(of, value, region));
    return mentionsOf({ at, weak: undefined }, identity, region).flatMap((predicate) =>
      predicate.kind === 'mention'
        ? predicate.mention.like.map((pattern) => ({ of, pattern, token: predicate.mention.token, isNumber: false }))
        : [],
    );
  });
}

/** One pattern, whatever is put between the digits and however that is escaped; the token then looks closely. */
function needlesOfNumber(of: number, value: string, region: string | undefined): readonly Needle[] {
  const token = phoneToken(value, region);
  if (token === undefined) return [];
  const end = phoneSpellings(value, region).anywhere[0]?.slice(-MIN_PHONE) ?? '';
  return [{ of, pattern: `%${Array.from(end).join('%')}%`, token: NO_DECIMAL + token, isNumber: true }];
}

/** Names of types, as the catalogue has them; `_` is a list. */
const TEXTS = /^_?(text|varchar|bpchar|name|citext|json|jsonb|xml|hstore)$/;

export const isSearchedRaw = ({ base }: Pick<LiveColumnRow, 'base'>): boolean => TEXTS.test(base);

/**
 * Rows of `of`, `column`, `key` (an array of text, empty without a key) and `number` (whether nothing but a number is found
 * there), each once and at most `most`. Escapes of JSON are
 * resolved before the expression looks; the patterns also look for an `@` that is escaped.
 */
export function rawSearch(
  collection: Collection & { readonly tenant: string },
  columns: readonly string[],
  needles: readonly Needle[],
  tenantKey: string,
  most: number,
): Statement {
  const binds = new Binds();
  const all = needles.flatMap((needle) => [needle, { ...needle, pattern: needle.pattern.replaceAll('@', ESCAPED_AT) }]);
  const distinct = [...new Map(all.map((needle) => [JSON.stringify(needle), needle])).values()];
  const list = (values: readonly string[]): string => `${binds.add(values)}::text[]`;
  const patterns = list(distinct.map(({ pattern }) => pattern));
  const values = columns.map((name) => {
    const text = `${column('t', name)}::text`;
    return `(${quoteText(name)}, ${text}, CASE WHEN ${text} ILIKE ANY (${patterns}) THEN to_json(${column('t', name)}) END)`;
  });
  const looked = [
    list(distinct.map(({ of }) => String(of))),
    patterns,
    list(distinct.map(({ token }) => token)),
    list(distinct.map(({ isNumber }) => String(isNumber))),
  ].join(', ');
  const keys = collection.key.map((name) => `${column('t', name)}::text`);
  const text = `SELECT n.of, c.name AS column, ARRAY[${keys.join(', ')}]::text[] AS key, bool_and(n.number::boolean) AS number
FROM ${tableName(collection)} t
CROSS JOIN LATERAL (VALUES ${values.join(', ')}) c(name, text, candidate)
JOIN unnest(${looked}) n(of, pattern, token, number)
  ON c.text ILIKE n.pattern AND ${unescaped(searchable('c.candidate'))} ~* n.token
WHERE ${column('t', collection.tenant)} = ${binds.add(tenantKey)} AND c.candidate IS NOT NULL
GROUP BY 1, 2, 3 LIMIT ${binds.add(most)}`;
  return { purpose: `searching every text of ${collection.ref}`, text, values: binds.values };
}

/** What people put between digits, where JSON has it escaped. */
const unescaped = (text: string): string =>
  String.raw`replace(replace(${text}, e'\x01/\x02', '/'), e'\x01u00a0\x02', ' ')`;

/** As JSON can have it; a backslash of a pattern is written twice. */
const ESCAPED_AT = String.raw`\\u0040`;

/**
 * Whether the name of an object has what a needle looks for. An ending such as `.jpg` is no part of an address; a number does
 * not go on in the next folder, and stands apart from letters, as digits of a random name do not.
 */
export function namesIn(objectKey: string, { token, isNumber }: Needle): boolean {
  const name = objectKey.replaceAll(/\.[a-z0-9]{1,5}(?=\/|$)/gi, ' ');
  if (!isNumber) return new RegExp(token, 'i').test(name);
  const number = new RegExp(`(?<![0-9a-z])${token}(?![a-z])`, 'i');
  return name.split('/').some((part) => number.test(part));
}
