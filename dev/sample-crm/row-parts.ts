/** The pieces that rows hanging on a person have in common. */
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { uuidOf } from './random.ts';
import { SENTENCES } from './words.ts';

export const idOf = (what: string, person: Person, ordinal: number): string => uuidOf(what, person.contactId, ordinal);
export const owned = (person: Person) => ({ workspace_id: person.workspaceId, contact_id: person.contactId });
export const sentence = (person: Person, random: Random): string =>
  [random.pick(SENTENCES), person.marker ?? ''].join(' ').trim();
export const address = (random: Random): string => `198.51.100.${random.int(1, 254)}`;
