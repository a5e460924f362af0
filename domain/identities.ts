/**
 * Identifiers of a person, brought into one form before anything is searched with them.
 *
 * Matching e-mail ignores case and the sub-address (RFC 5233: `local+detail@domain`); phone numbers are compared as E.164
 * digits; every other identifier is compared as it is.
 */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';

/** How the value of an identity is given: as it is, or as the lower-case hex digest of its canonical form (OpenDSR). */
export const IDENTITY_FORMATS = ['raw', 'sha1', 'md5', 'sha256'] as const;
export type IdentityFormat = (typeof IDENTITY_FORMATS)[number];

export interface Identity {
  /** `email`, `phone_number`, `external_id`, or another kind that the data map declares. */
  readonly type: string;
  readonly value: string;
  /** `raw` when left out. */
  readonly format?: IdentityFormat;
  /** The raw values that a digest was found to stand for. Without any, it stands for nothing that can be searched. */
  readonly equals?: readonly string[];
}

export type DigestFormat = Exclude<IdentityFormat, 'raw'>;

const DIGEST_DIGITS: Readonly<Record<DigestFormat, number>> = { md5: 32, sha1: 40, sha256: 64 };

/** What its value is the digest of: the function; undefined for a value as it is. */
export function digestOf({ format = 'raw' }: Pick<Identity, 'format'>): DigestFormat | undefined {
  return format === 'raw' ? undefined : format;
}

/** Whether it is a digest as OpenDSR writes one: hex, in lower case, of the function's length. */
function isDigest(text: string, format: DigestFormat): boolean {
  return text.length === DIGEST_DIGITS[format] && /^[0-9a-f]+$/.test(text);
}

/** What to fill in for a digest, for whoever has to mend an input. */
export function digestShape(format: DigestFormat): string {
  return `${DIGEST_DIGITS[format]} hexadecimal digits in lower case`;
}

/** The values to search with: one, or those that a digest was found to stand for. */
export function rawValues({ value, format, equals = [] }: Identity): readonly string[] {
  return digestOf({ ...(format && { format }) }) ? equals : [value];
}

/** Households and offices share a phone; a mailbox and an id of the product are one person's. */
export function isWeakType(type: string): boolean {
  return type === 'phone_number';
}

export interface EmailForms {
  /** Lower-case mailbox without its sub-address. */
  readonly local: string;
  readonly domain: string;
}

const EMAIL = /^[^\s@"(),:;<>[\\\]]+@[^\s@"(),:;<>[\\\]]+$/u;

/** Mailbox and domain in lower case, the sub-address cut off; undefined when it is not an e-mail address. */
export function parseEmail(value: string): EmailForms | undefined {
  const text = value.trim().toLowerCase();
  if (text.length > 320 || !EMAIL.test(text)) return undefined;
  const at = text.lastIndexOf('@');
  const mailbox = text.slice(0, at);
  const plus = mailbox.indexOf('+');
  const local = plus > 0 ? mailbox.slice(0, plus) : mailbox;
  return { local, domain: text.slice(at + 1) };
}

/** Digits of the number with its country code (ITU-T E.164), without the plus; undefined when it is no possible number. */
export function parsePhone(value: string, region?: string): string | undefined {
  const parsed = parsePhoneNumberFromString(value, region as CountryCode | undefined);
  return parsed?.isPossible() ? parsed.number.slice(1) : undefined;
}

/** The canonical form of an identity: what equal identities have in common; undefined when the value is not of its type. */
export function canonicalIdentity(identity: Identity, region?: string): string | undefined {
  const digest = digestOf(identity);
  if (digest) return isDigest(identity.value, digest) ? `${digest}:${identity.value}` : undefined;
  if (identity.type === 'email') {
    const forms = parseEmail(identity.value);
    return forms && `${forms.local}@${forms.domain}`;
  }
  if (identity.type === 'phone_number') return parsePhone(identity.value, region);
  const text = identity.value.trim();
  return text.length > 0 && text.length <= 512 ? text : undefined;
}
