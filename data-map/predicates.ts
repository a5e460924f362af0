/** From the identities of a person to what a row must have to be found by them. */
import { getCountryCallingCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { InvalidInput } from '../domain/errors.ts';
import { canonicalIdentity, digestOf, parseEmail, rawValues } from '../domain/identities.ts';
import type { Identity } from '../domain/identities.ts';
import type { FieldRef, IdentityField } from './model.ts';

/** Holds the value itself: plans are personal data and stay out of Temporal, logs and errors. */
export type Predicate =
  | ValuePredicate
  /** A text that mentions the identifier. */
  | { readonly kind: 'mention'; readonly at: FieldRef; readonly mention: Mention }
  /** The rows with these keys, each of its columns as text. */
  | { readonly kind: 'keys'; readonly keys: readonly Readonly<Record<string, string>>[] }
  /** One at least of each list. */
  | { readonly kind: 'all'; readonly of: readonly (readonly Predicate[])[] };

/** A field that has the value. */
export type ValuePredicate =
  /** The mailbox in any case, with or without a sub-address. */
  | { readonly kind: 'email'; readonly at: FieldRef; readonly local: string; readonly domain: string }
  | { readonly kind: 'phone'; readonly at: FieldRef; readonly spellings: PhoneSpellings }
  | { readonly kind: 'exact'; readonly at: FieldRef; readonly value: string };

export function isOfValue(predicate: Predicate): predicate is ValuePredicate {
  return predicate.kind === 'email' || predicate.kind === 'phone' || predicate.kind === 'exact';
}

/** What a text must have to mention an identifier. */
export interface Mention {
  /** One of these, in any case: patterns of LIKE, which an index of trigrams serves. */
  readonly like: readonly string[];
  /** And this, which says less than the token and is tested much faster, where the patterns let much through. */
  readonly hint?: string;
  /** And this: a regular expression of PostgreSQL, matched in any case. */
  readonly token: string;
}

/** What the digits of a field may be for it to be the number. */
export interface PhoneSpellings {
  readonly anywhere: readonly string[];
  /** Without the country code; with a plus before them the same digits are a number of another country. */
  readonly domestic: readonly string[];
}

/** Throws InvalidInput, with a pointer to each, when identities are not of their type. */
export function checkSearchable(identities: readonly Identity[]): void {
  const fields = identities.flatMap((identity, index) =>
    isSearchable(identity)
      ? []
      : [{ pointer: `/identities/${index}/value`, detail: `It is no ${identity.type} to search with.` }],
  );
  if (fields.length > 0) throw new InvalidInput('There are identities that cannot be searched with.', { fields });
}

function isSearchable(identity: Identity): boolean {
  if (digestOf(identity)) return canonicalIdentity(identity) !== undefined;
  if (identity.type === 'phone_number') return digitsOf(identity.value) !== '';
  return canonicalIdentity(identity) !== undefined;
}

/** One for each value that the identity stands for; none when it is of another type than the field's. */
export function predicatesFor(
  { at, type }: IdentityField,
  identity: Identity,
  phoneRegion: string | undefined,
): readonly Predicate[] {
  if (type !== identity.type) return [];
  return rawValues(identity).flatMap((value): readonly Predicate[] => {
    if (type === 'phone_number') return [{ kind: 'phone', at, spellings: phoneSpellings(value, phoneRegion) }];
    if (type !== 'email') return [{ kind: 'exact', at, value: value.trim() }];
    const forms = parseEmail(value);
    return forms ? [{ kind: 'email', at, ...forms }] : [];
  });
}

/**
 * The digits of every usual way to write a number: E.164, with an international prefix, with the trunk digit kept after the
 * country code (`+49 (0)30 …`), and, for a number of the region, as people dial it there. A number that cannot be read
 * without knowing its country is searched as it was typed.
 */
export function phoneSpellings(value: string, region: string | undefined): PhoneSpellings {
  const home = region !== undefined && isSupportedCountry(region) ? region : undefined;
  const phone = parsePhoneNumberFromString(value, { extract: false, ...(home && { defaultCountry: home }) });
  if (!phone?.isPossible()) return { anywhere: [digitsOf(value)], domestic: [] };
  const e164 = digitsOf(phone.number);
  const national = digitsOf(phone.formatNational());
  const dialled = home ? digitsOf(phone.format('IDD', { fromCountry: home })) : e164;
  const isDomestic = home !== undefined && phone.countryCallingCode === getCountryCallingCode(home);
  return {
    anywhere: distinct([e164, `00${e164}`, `${phone.countryCallingCode}${national}`, ...(isDomestic ? [] : [dialled])]),
    domestic: isDomestic ? distinct([phone.nationalNumber, national, dialled]) : [],
  };
}

const distinct = (digits: readonly string[]): readonly string[] => [...new Set(digits)].filter((each) => each !== '');

const digitsOf = (text: string): string => text.replaceAll(/[^0-9]/g, '');
