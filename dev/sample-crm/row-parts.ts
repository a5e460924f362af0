/** The pieces that rows of a person have in common. */
import type { Row } from './copy.ts';
import type { Person } from './people.ts';
import { Random, uuidOf } from './random.ts';
import { SENTENCES } from './words.ts';

/** A person's rows of one table. Their keys hang on the person alone, never on the chance. */
export type PersonRows = (person: Person, random: Random) => readonly Row[];

/** The key of the person's n-th record of a kind. */
export const idOf = (kind: string, { contactId }: Person, ordinal = 0): string => uuidOf(kind, contactId, ordinal);
/** Bigint keys: a thousand to a person. */
export const numberId = ({ index }: Person, ordinal: number): number => (index + 1) * 1000 + ordinal;

/** From none to `most` for the ordinary; more, and never none, for the well known. */
export function howMany({ weight }: Person, random: Random, most: number): number {
  if (weight > 1) return Math.ceil((most * weight) / 2);
  return weight === 1 ? random.int(0, most) : 0;
}

export const repeat = (times: number, row: (ordinal: number) => Row): readonly Row[] =>
  Array.from({ length: times }, (_, n) => row(n));

export const fullName = ({ firstName, lastName }: Person): string => `${firstName} ${lastName}`;
export const owned = (person: Person) => ({ workspace_id: person.workspaceId, contact_id: person.contactId });
/** Where the marker has its place among JSON values. */
export const markerOf = ({ marker }: Person) => (marker === undefined ? {} : { remark: marker });
export const sentence = (person: Person, random: Random): string =>
  [random.pick(SENTENCES), person.marker ?? ''].join(' ').trim();
/** In the block kept for documentation (RFC 5737). */
export const address = (random: Random): string => `198.51.100.${random.int(1, 254)}`;

/** Whether a thing happens to a person: to the well known always, to the lone never. */
export function has({ weight, seed, index }: Person, what: string, share: number): boolean {
  return weight > 1 || (weight === 1 && new Random(what, seed, index).chance(share));
}
