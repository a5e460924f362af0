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
  if (identity.type === 'email') {
    const forms = parseEmail(identity.value);
    return forms && `${forms.local}@${forms.domain}`;
  }
  if (identity.type === 'phone_number') return parsePhone(identity.value, region);
  const text = identity.value.trim();
  return text.length > 0 && text.length <= 512 ? text : undefined;
}
