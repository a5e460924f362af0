/**
 * Values of a source that a digest stands for, as OpenDSR sends identities: MD5, SHA-1 or SHA-256 of the canonical value,
 * in lower-case hex. The digest is taken of each value as it is stored and of its canonical form, so that either finds it:
 * an e-mail address in lower case, with and without its sub-address; a phone number as E.164, with and without the plus.
 *
 * MD5 and SHA-256 are functions of PostgreSQL. With an index over the first form (`md5(lower(btrim(email)))`) the search
 * costs what one by the value costs; without, it reads the column of all rows of the workspace once.
 */
import { createHash } from 'node:crypto';
import { getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';
import { canonicalIdentity, parsePhone } from '../domain/identities.ts';
import type { DigestFormat, Identity } from '../domain/identities.ts';
import type { Collection, IdentityField } from './model.ts';
import type { Statement } from './sql-text.ts';
import { Binds, column, elementText, elements, quoteName, tableName, textValue } from './sql-text.ts';

/** A field of a collection, in a workspace whose tenant column is known. */
export interface Place {
  readonly collection: Collection & { readonly tenant: string };
  readonly field: IdentityField;
  readonly phoneRegion: string | undefined;
}

/** Rows of `schema`: where pgcrypto is installed, which has SHA-1. */
export const findPgcrypto: Statement = {
  purpose: 'looking for pgcrypto',
  text: `SELECT n.nspname AS schema FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto'`,
  values: [],
};

/**
 * Rows of `value`: the distinct values of the field whose digest is asked for. `pgcrypto` is its schema; undefined when the
 * digest cannot be taken by the source.
 */
export function valuesOf(
  { collection, field, phoneRegion }: Place,
  { value, format }: { readonly value: string; readonly format: DigestFormat },
  tenantKey: string,
  pgcrypto: string | undefined,
): Statement | undefined {
  if (format === 'sha1' && pgcrypto === undefined) return undefined;
  const binds = new Binds();
  const [sought, rows] = [binds.add(value), storedValues({ collection, field }, tenantKey, binds)];
  const equals = (form: string) => `${digest(form, format, pgcrypto ?? '')} = ${sought}`;
  const [first = '', ...others] = formsIn('value', field.type, phoneRegion).map(equals);
  // Two selects, for the index of the first must not wait for the others.
  const found = [first, `(${others.join(' OR ')})`].map(
    (condition) => `SELECT value FROM ${rows} v WHERE ${condition}`,
  );
  return { purpose: `comparing digests in ${collection.ref}`, text: found.join(' UNION '), values: binds.values };
}

/** Rows of `value`: every distinct value of the field, to take their digests here. */
export function allValues({ collection, field }: Place, tenantKey: string): Statement {
  const binds = new Binds();
  const text = `SELECT DISTINCT value FROM ${storedValues({ collection, field }, tenantKey, binds)} v WHERE value IS NOT NULL`;
  return { purpose: `reading the values of ${collection.ref}`, text, values: binds.values };
}

/** Whether a digest stands for a stored value. */
export function isDigestOf(identity: Identity, format: DigestFormat, stored: string, phoneRegion?: string): boolean {
  const take = (form: string) => createHash(format).update(form).digest('hex');
  return formsOf(identity.type, stored, phoneRegion).some((form) => take(form) === identity.value);
}

function formsOf(type: string, stored: string, phoneRegion: string | undefined): readonly string[] {
  const trimmed = stored.trim();
  if (type === 'email') return [trimmed.toLowerCase(), stored, canonicalIdentity({ type, value: stored }) ?? trimmed];
  if (type !== 'phone_number') return [trimmed, stored];
  const digits = stored.replaceAll(/[^0-9]/g, '');
  return [digits, parsePhone(stored, phoneRegion) ?? digits].flatMap((each) => [each, `+${each}`]);
}

function storedValues(
  { collection, field }: Pick<Place, 'collection' | 'field'>,
  tenantKey: string,
  binds: Binds,
): string {
  const ofWorkspace = `WHERE ${column('t', collection.tenant)} = ${binds.add(tenantKey)}`;
  if (!field.at.inList)
    return `(SELECT ${textValue('t', field.at)} AS value FROM ${tableName(collection)} t ${ofWorkspace})`;
  const listed = `CROSS JOIN LATERAL ${elements('t', field.at)} e(v)`;
  return `(SELECT ${elementText('e.v')} AS value FROM ${tableName(collection)} t ${listed} ${ofWorkspace})`;
}

/** As `formsOf`, in SQL; the digits of a number as they are, or as they would be dialled from abroad. */
function formsIn(value: string, type: string, phoneRegion: string | undefined): readonly string[] {
  if (type === 'email') {
    const lower = `lower(btrim(${value}))`;
    return [lower, value, `regexp_replace(${lower}, '^([^+@]+)\\+[^@]*@', '\\1@')`];
  }
  if (type !== 'phone_number') return [`btrim(${value})`, value];
  const digits = `regexp_replace(${value}, '[^0-9]', '', 'g')`;
  return [digits, ...fromAbroad(value, digits, phoneRegion)].flatMap((each) => [`('+' || ${each})`, each]);
}

function fromAbroad(value: string, digits: string, phoneRegion: string | undefined): readonly string[] {
  const withPrefix = `CASE WHEN ${digits} LIKE '00%' THEN substr(${digits}, 3) WHEN ${digits} LIKE '011%' THEN substr(${digits}, 4) END`;
  if (phoneRegion === undefined || !isSupportedCountry(phoneRegion)) return [withPrefix];
  const code = getCountryCallingCode(phoneRegion);
  const isDomestic = `ltrim(${value}) NOT LIKE '+%'`;
  return [
    withPrefix,
    `CASE WHEN ${isDomestic} THEN '${code}' || ${digits} END`,
    `CASE WHEN ${isDomestic} AND ${digits} ~ '^[018]' THEN '${code}' || substr(${digits}, 2) END`,
    `CASE WHEN ${digits} LIKE '${code}0%' THEN '${code}' || substr(${digits}, ${code.length + 2}) END`,
  ];
}

function digest(form: string, format: DigestFormat, pgcrypto: string): string {
  if (format === 'md5') return `md5(${form})`;
  if (format === 'sha256') return `encode(sha256(convert_to(${form}, 'UTF8')), 'hex')`;
  return `encode(${quoteName(pgcrypto)}.digest(${form}, 'sha1'), 'hex')`;
}
