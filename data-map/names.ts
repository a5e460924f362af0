/** Names of people, as rows bear them, compared as a person would: case, accents, order and initials aside. */
import type { Collection } from './model.ts';

const NAME = /^user\.name(\.|$)/;

/** The columns that together hold the name of whom a row is about, in the map's order. */
export function nameColumns({ fields }: Collection): readonly string[] {
  return fields
    .filter((field) => field.path.length === 0 && field.categories.some((each) => NAME.test(each)))
    .map(({ column }) => column);
}

/** What equal names have in common; undefined for what is no name. */
export function comparableName(parts: readonly (string | null)[]): string | undefined {
  const words = parts.flatMap((part) => plain(part ?? '').split(/[^\p{L}\p{M}\p{N}]+/u)).filter((word) => word !== '');
  const distinct = [...new Set(words)];
  const full = distinct.filter(({ length }) => length > 1);
  const compared = full.length > 1 ? full : distinct;
  return compared.length === 0 ? undefined : compared.sort().join(' ');
}

/** Only the marks of Latin, Greek and Cyrillic are accents; in other scripts they are vowels. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase();
}

/** First letters, such as `M. L.`; empty when there is no name. */
export function initialsOf(parts: readonly (string | null)[]): string {
  const words = parts.flatMap((part) => (part ?? '').split(/[^\p{L}\p{M}]+/u)).filter((word) => word !== '');
  return words.map((word) => `${/^./u.exec(word)?.[0] ?? ''}.`).join(' ');
}
