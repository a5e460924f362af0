/**
 * Takes e-mail addresses and phone numbers that are not the person's own out of texts, in SQL, so that no text passes
 * through Steward's memory. What it works on is the JSON of the value: a string, or the strings of a JSON column, each by
 * itself, so that what comes out is JSON again; numbers in it are left alone.
 *
 * It finds what is written as addresses and numbers usually are. One that is spelled out, broken by a line or encoded is not
 * found, nor is a name: for those there is the review before a release.
 */
import type { Bind } from './projection.ts';
import { EMAIL_TOKEN, MARKS, PHONE_TOKEN, SUSPECT } from './tokens.ts';

/** What stands in the place of what was taken out. */
export const TAKEN_OUT = {
  email: '[e-mail address of somebody else]',
  phone: '[phone number of somebody else]',
} as const;

/** Whether it is worth looking, for a value of any type. */
export function isSuspect(value: string, bind: Bind): string {
  return `to_json(${value})::text ~ ${bind('suspect', SUSPECT)}`;
}

/** The person's own identifiers: an expression of `ownTokens`, bound. */
export type Own = string | undefined;

/** The JSON of a value of any type without what is others', as SQL of type json. */
export function withoutOthers(value: string, own: Own, bind: Bind): string {
  const cleaned = decode(takenOut(encode('m[1]'), own, bind));
  return [
    `(SELECT string_agg(CASE WHEN m[1] IS NULL THEN m[2] ELSE ${cleaned} END, '' ORDER BY n)::json`,
    `FROM regexp_matches(to_json(${value})::text, ${bind('strings', STRINGS)}, 'g') WITH ORDINALITY AS parts(m, n))`,
  ].join(' ');
}

/** Whether something was taken out of the JSON. */
export function namesOthers(json: string, bind: Bind): string {
  const taken = Object.entries(TAKEN_OUT).map(([kind, text]) => `strpos(${json}::text, ${bind(kind, text)}) > 0`);
  return `(${taken.join(' OR ')})`;
}

/** The strings of a JSON text as the first group, what is between them as the second. */
const STRINGS = String.raw`("(?:[^"\\]|\\.)*")|([^"]+)`;

function takenOut(text: string, own: Own, bind: Bind): string {
  const marked = own === undefined ? text : markOwn(text, own, bind);
  const withoutEmails = `regexp_replace(${marked}, ${bind('emails', EMAIL_TOKEN)}, ${bind('email', TAKEN_OUT.email)}, 'g')`;
  const withoutPhones = `regexp_replace(${withoutEmails}, ${bind('phones', PHONE_TOKEN)}, ${bind('phone', TAKEN_OUT.phone)}, 'g')`;
  return `translate(${withoutPhones}, ${bind('marks', MARKS.from + MARKS.to)}, '')`;
}

function markOwn(text: string, own: string, bind: Bind): string {
  return `regexp_replace(${text}, ${own}, ${bind('around', `${MARKS.from}\\&${MARKS.to}`)}, 'gi')`;
}

/**
 * Sets the escapes of a JSON string between two control characters, which are boundaries of tokens and cannot be in it
 * otherwise; the `n` of a line break would else begin the address that comes after it. `@` and `+` may be escaped too.
 */
function encode(text: string): string {
  const apart = String.raw`regexp_replace(${text}, '\\(["\\/bfnrt]|u[0-9a-fA-F]{4})', e'\x01\\1\x02', 'g')`;
  const plain = String.raw`regexp_replace(${apart}, e'\x01u002[bB]\x02', '+', 'g')`;
  return String.raw`replace(${plain}, e'\x01u0040\x02', '@')`;
}

function decode(text: string): string {
  return String.raw`regexp_replace(${text}, e'\x01([^\x02]+)\x02', e'\\\\\\1', 'g')`;
}

/** A text of any type, as a mention is looked for in it: with the boundaries that `encode` makes. */
export const searchable = (value: string): string => encode(`to_json(${value})::text`);
