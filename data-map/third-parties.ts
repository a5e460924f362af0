/**
 * Takes e-mail addresses and phone numbers that are not the person's own out of texts, in SQL, so that no text passes
 * through Steward's memory. What it works on is the JSON of the value: a string, or the strings of a JSON column, each by
 * itself, so that what comes out is JSON again; numbers in it are left alone.
 *
 * It finds what is written as addresses and numbers usually are. One that is spelled out, broken by a line or encoded is not
 * found, nor is a name: for those there is the review before a release.
 */
import type { Bind } from './binding.ts';
import { AT_A_WORD, DIGITS, EMAIL_TOKEN, MARKS, PHONE_TOKEN } from './tokens.ts';
import type { OwnTokens } from './tokens.ts';

/** What stands in the place of what was taken out. */
export const TAKEN_OUT = {
  email: '[e-mail address of somebody else]',
  phone: '[phone number of somebody else]',
} as const;

/**
 * Whether it is worth looking, for a value of any type. Asked of every text, while few have anything to find: without an `@`
 * no expression of addresses is tried, and the text is not made into JSON.
 */
export function isSuspect(value: string, bind: Bind): string {
  const text = `${value}::text`;
  const hasAt = String.raw`(strpos(${text}, '@') > 0 OR strpos(${text}, e'\\u0040') > 0)`;
  return `((${hasAt} AND ${text} ~ ${bind('at', AT_A_WORD)}) OR ${text} ~ ${bind('digits', DIGITS)})`;
}

/** The person's own identifiers, bound. */
export type Own = OwnTokens | undefined;

/**
 * The JSON of a value of any type without what is others', as SQL of type json. Each step looks first whether there is
 * anything to do; OFFSET 0 keeps PostgreSQL from writing one step into the next, several times over.
 */
export function withoutOthers(value: string, own: Own, bind: Bind): string {
  const step = (name: string, sql: string): string => `CROSS JOIN LATERAL (SELECT ${sql} AS t OFFSET 0) ${name}`;
  const outcome = decode(`translate(phones.t, ${bind('marks', MARKS.from + MARKS.to)}, '')`);
  return [
    `(SELECT string_agg(CASE WHEN m[1] IS NULL THEN m[2] ELSE ${outcome} END, '' ORDER BY n)::json`,
    `FROM regexp_matches(to_json(${value})::text, ${bind('strings', STRINGS)}, 'g') WITH ORDINALITY AS parts(m, n)`,
    step('apart', encode('m[1]')),
    step('marked', own === undefined ? 'apart.t' : marked('apart.t', own, bind)),
    step(
      'emails',
      `CASE WHEN strpos(marked.t, '@') > 0 THEN ${replaced('marked.t', 'email', EMAIL_TOKEN, bind)} ELSE marked.t END`,
    ),
    step(
      'phones',
      `CASE WHEN emails.t ~ ${bind('digits', DIGITS)} THEN ${replaced('emails.t', 'phone', PHONE_TOKEN, bind)} ELSE emails.t END`,
    ),
    ')',
  ].join(' ');
}

function marked(text: string, { token, hint }: OwnTokens, bind: Bind): string {
  const around = bind('around', `${MARKS.from}\\&${MARKS.to}`);
  return `CASE WHEN ${text} ~* ${hint} THEN regexp_replace(${text}, ${token}, ${around}, 'gi') ELSE ${text} END`;
}

function replaced(text: string, kind: keyof typeof TAKEN_OUT, token: string, bind: Bind): string {
  return `regexp_replace(${text}, ${bind(`${kind} token`, token)}, ${bind(kind, TAKEN_OUT[kind])}, 'g')`;
}

/** Whether something was taken out of the JSON. */
export function namesOthers(json: string, bind: Bind): string {
  const taken = Object.entries(TAKEN_OUT).map(([kind, text]) => `strpos(${json}::text, ${bind(kind, text)}) > 0`);
  return `(${taken.join(' OR ')})`;
}

/** The strings of a JSON text as the first group, what is between them as the second. */
const STRINGS = String.raw`("(?:[^"\\]|\\.)*")|([^"]+)`;

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
