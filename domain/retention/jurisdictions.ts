/** Where a law holds: countries by ISO 3166-1 alpha-2, and parts of them by ISO 3166-2. */

const FORM = /^([A-Z]{2})(-[A-Z0-9]{1,3})?$/;
const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** They have a code and are no country: a rule for them would hold in none. */
const UNIONS = ['EU', 'EZ', 'UN', 'QO', 'ZZ'];

/**
 * Whether it names a country, or a part of one whose country is there: `DE`, `US-CA`. A name that is merely understood, such
 * as `UK` for `GB`, is none: a rule of the one would not hold in the other, and what it commands to keep would be erased.
 */
export function isJurisdiction(text: string): boolean {
  const country = FORM.exec(text)?.[1];
  if (country === undefined || UNIONS.includes(country) || NAMES.of(country) === undefined) return false;
  return new Intl.Locale(`und-${country}`).region === country;
}
