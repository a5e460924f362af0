/**
 * Identifiers in running text, as regular expressions of PostgreSQL (manual, 9.7.3). They hold personal data and are always
 * bound, never part of a statement.
 *
 * An address ends where a space or a mark of punctuation stands that addresses are not written with; `'` belongs to it
 * between other characters only. What the person's own identifiers cover is set between `MARKS`, so that what looks like
 * somebody else's is looked for around it.
 */
import type { Identity } from '../domain/identities.ts';
import { parseEmail, rawValues } from '../domain/identities.ts';
import { phoneSpellings } from './predicates.ts';

/** Control characters, which text in JSON never has unescaped. */
export const MARKS = { from: '\u0003', to: '\u0004' } as const;

const PUNCTUATION = '\u0001-\u0020!"#$%&()*,/:;<=>?@\\[\\]\\\\^`{|}~\u007f-\u00a1\u00ab\u00b7\u00bb\u00bf';
const TYPOGRAPHY = '\u2000-\u206f\u2e00-\u2e7f\u3000-\u303f\ufeff\uff01-\uff0f\uff1a-\uff20';
const BREAKS = `'${PUNCTUATION}${TYPOGRAPHY}`;
/** Letters, digits, `.`, `_`, `+` and `-`. */
const WORD = `[^${BREAKS}]`;
const IN_HOST = `[^+${BREAKS}]`;
const END_OF_HOST = `[^+.\\-${BREAKS}]`;
const STARTS_WORD = `(?<!${WORD})(?<!${WORD}')`;
const OUTSIDE_MARKS = `(?![^${MARKS.from}${MARKS.to}]*${MARKS.to})`;

/** Any e-mail address outside the marks. */
export const EMAIL_TOKEN = [
  `${STARTS_WORD}${WORD}(?:${WORD}|')*@`,
  `(?:${END_OF_HOST}(?:${IN_HOST}*${END_OF_HOST})?|\\[[0-9A-Za-z:.]+\\])${OUTSIDE_MARKS}`,
].join('');

const BETWEEN_DIGITS = '(?:[ .\\-/\u00a0]|\\)[ \\-]?| ?\\()';
const NO_DATE = [
  '(?!(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9](?![0-9]))',
  '(?![0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:19|20)[0-9]{2}(?![0-9]))',
].join('');
const NO_ADDRESS_OF_A_HOST = '(?![0-9]{1,3}(?:\\.[0-9]{1,3}){3}(?![0-9.]))';
const NO_AMOUNT = '(?![1-9][0-9]{0,2}(?:\\.[0-9]{3})+(?![0-9.]))';

/** What looks like a phone number outside the marks: 7 to 15 digits (ITU-T E.164), grouped as people do, and no date. */
export const PHONE_TOKEN = [
  `(?<![0-9A-Za-z_+@#])${NO_DATE}${NO_ADDRESS_OF_A_HOST}${NO_AMOUNT}`,
  `\\+?\\(?[0-9](?:${BETWEEN_DIGITS}?[0-9]){6,14}(?![0-9A-Za-z_@])${OUTSIDE_MARKS}`,
].join('');

/** Whether a text that has an `@` can have an address; JSON may have it escaped. */
export const AT_A_WORD = `[^${PUNCTUATION}${TYPOGRAPHY}]@|\\\\u0040`;

/** Whether a text can have a number, which costs little to ask: expressions without a look around are fast. */
export const DIGITS = `[0-9](?:[ .\\-/()\u00a0]{0,3}[0-9]){6}`;

/** A person's identifiers in a text, to be matched in any case. */
export interface OwnTokens {
  /** All of them in one expression. */
  readonly token: string;
  /** What every one of them has, so that most texts need not be searched. */
  readonly hint: string;
}

/** Of all of a person's e-mail addresses and phone numbers; undefined when none is known. */
export function ownTokens(identities: readonly Identity[], region: string | undefined): OwnTokens | undefined {
  const known = identities.flatMap((identity) =>
    rawValues(identity).flatMap((value) => ownToken(identity, value, region)),
  );
  if (known.length === 0) return undefined;
  const either = (all: readonly string[]) => [...new Set(all)].map((each) => `(?:${each})`).join('|');
  return { token: either(known.map(({ token }) => token)), hint: either(known.map(({ hint }) => hint)) };
}

function ownToken({ type }: Identity, value: string, region: string | undefined): readonly OwnTokens[] {
  if (type === 'email') {
    const token = emailToken(value);
    return token === undefined ? [] : [{ token, hint: escapeToken(parseEmail(value)?.local ?? '') }];
  }
  if (type !== 'phone_number') return [];
  const token = phoneToken(value, region);
  const last = phoneSpellings(value, region).anywhere[0]?.slice(-4) ?? '';
  return token === undefined ? [] : [{ token, hint: spaced(last) }];
}

/** The mailbox, with or without a sub-address; undefined when it is no e-mail address. */
export function emailToken(value: string): string | undefined {
  const forms = parseEmail(value);
  if (!forms) return undefined;
  const mailbox = `${escapeToken(forms.local)}(?:\\+(?:${WORD}|')*)?`;
  return `${STARTS_WORD}${mailbox}@${escapeToken(forms.domain)}(?!(?:[.\\-])*${END_OF_HOST})`;
}

/** Every spelling of the number, with what people put between digits; undefined when there are too few to tell. */
export function phoneToken(value: string, region: string | undefined): string | undefined {
  const { anywhere, domestic } = phoneSpellings(value, region);
  const spelled = (all: readonly string[], before: string) =>
    all.filter(({ length }) => length >= MIN_PHONE).map((digits) => before + spaced(digits));
  const tokens = [
    ...spelled(anywhere, '(?<![0-9])\\+?\\(?'),
    ...spelled(domestic, '(?<![0-9])(?<!\\+)(?<!\\+[0-9]{1,3}[ .\\-/()\u00a0]{1,3})\\(?'),
  ];
  return tokens.length === 0 ? undefined : `(?:${tokens.join('|')})(?![0-9])`;
}

/** The digits with what people put between them, if anything. */
export const spaced = (digits: string): string => Array.from(digits).join('[ .\\-/()\u00a0]{0,3}');

/** Before a number: it is no decimal fraction, nor the part of one behind its point, such as a coordinate. */
export const NO_DECIMAL = '(?<![0-9][.])(?![0-9]+[.](?:[0-9]{5,}|[0-9]{1,4}(?![ \\-/][0-9]))(?![0-9.]))';

/** Fewer digits are a house number or a year. */
export const MIN_PHONE = 7;

/** An id that stands by itself; undefined when it may be a word, a number or a ruled line by chance. */
export function idToken(value: string): string | undefined {
  const id = value.trim();
  const edge = `[^${BREAKS}]`;
  return id.length < MIN_ID || !/[\p{L}\p{N}]/u.test(id)
    ? undefined
    : `(?<!${edge})${escapeToken(id)}(?!\\.*[^.${BREAKS}])`;
}

const MIN_ID = 6;

function escapeToken(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
