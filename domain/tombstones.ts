/**
 * Tombstones: keyed hashes of the identifiers of people who were erased. They are personal data themselves, so each has a
 * purpose and an end, and nobody can compare one workspace's with another's.
 */
import { canonicalIdentity, isWeakType, rawValues } from './identities.ts';
import type { Identity } from './identities.ts';

/**
 * `restore_replay`: to erase again what a restored backup brings back; until the last backup with it has expired.
 * `reimport_suppression`: to tell whoever imports that the person was erased; under the controller's instruction alone.
 */
export const TOMBSTONE_PURPOSES = ['restore_replay', 'reimport_suppression'] as const;
export type TombstonePurpose = (typeof TOMBSTONE_PURPOSES)[number];

/** An identifier in the form that equal ones have in common. */
export interface CanonicalIdentifier {
  readonly type: string;
  readonly canonical: string;
}

/**
 * What can stand for the person: each identifier once. Households and offices share a telephone, so that a weak identifier
 * would reach others; a digest that stands for nothing known has nothing to come back.
 */
export function ownIdentifiers(identities: readonly Identity[]): readonly CanonicalIdentifier[] {
  const found = new Map<string, CanonicalIdentifier>();
  for (const identity of identities.filter(({ type }) => !isWeakType(type))) {
    for (const value of rawValues(identity)) {
      const canonical = canonicalIdentity({ type: identity.type, value });
      if (canonical !== undefined)
        found.set(JSON.stringify([identity.type, canonical]), { type: identity.type, canonical });
    }
  }
  return [...found.values()];
}

/** What was removed because its purpose or its time was over. */
export interface TombstonesSwept {
  readonly deleted: number;
}
