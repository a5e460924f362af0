/**
 * Whether a hold keeps a package past its end. A package is a copy, of no class and with no key; it is about the person who
 * asked for it, or about the whole workspace. So it is kept by a hold on that person, whatever else the hold's scope says, and
 * by one on everything, also of a range of dates. A hold on classes or records keeps those where they are.
 */
import type { ActiveHold } from './holds.ts';
import { canonicalIdentity, digestOf, rawValues } from './identities.ts';
import type { Identity } from './identities.ts';

/** Whom a package is about, as far as they are known: as they were filed, and as the search found them. */
export interface KnownPerson {
  readonly types: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

export function knownPerson(identities: readonly Identity[]): KnownPerson {
  const known = identities.flatMap((identity) =>
    rawValues(identity).flatMap((value) => {
      const name = nameOf({ type: identity.type, value });
      return name === undefined ? [] : [{ type: identity.type, name }];
    }),
  );
  return { types: new Set(known.map(({ type }) => type)), names: new Set(known.map(({ name }) => name)) };
}

/**
 * `person` is undefined of a package that is about the whole workspace. What cannot be told is held: that it is not the person
 * whom a hold is about is known when an identity of every type that the hold goes by is, and none is the hold's.
 */
export function keepsPackage({ scope }: Pick<ActiveHold, 'scope'>, person: KnownPerson | undefined): boolean {
  const { subject, records, classes } = scope;
  if (subject === undefined) return records === undefined && classes === undefined;
  if (person === undefined) return false;
  return subject.some((identity) => {
    const name = digestOf(identity) === undefined ? nameOf(identity) : undefined;
    return name === undefined || person.names.has(name) || !person.types.has(identity.type);
  });
}

function nameOf(identity: Identity): string | undefined {
  const canonical = canonicalIdentity(identity);
  return canonical === undefined ? undefined : JSON.stringify([identity.type, canonical]);
}
