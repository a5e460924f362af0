/**
 * Finds out what digests stand for, in every source that knows the workspace, so that the search itself goes by values.
 * Where SHA-1 is asked for and a source lacks pgcrypto, every distinct value of the fields of that type comes here, page by
 * page, to be compared: time and traffic then grow with the workspace, not with the person; memory does not.
 */
import { allValues, findPgcrypto, isDigestOf, valuesOf } from '../../data-map/digests.ts';
import type { Place } from '../../data-map/digests.ts';
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import { canonicalIdentity, digestOf } from '../../domain/identities.ts';
import type { DigestFormat, Identity } from '../../domain/identities.ts';
import type { Sources } from '../../platform/sources.ts';
import { Statements } from '../searching/statements.ts';

interface Search {
  readonly map: DataMap;
  readonly tenantKeys: ReadonlyMap<string, string>;
}

/** The identities with the values that their digests stand for: each spelling of one address or number once. */
export async function resolveDigests(
  sources: Sources,
  search: Search,
  identities: readonly Identity[],
): Promise<readonly Identity[]> {
  const resolved: Identity[] = [];
  for (const identity of identities) {
    const format = digestOf(identity);
    resolved.push(format ? { ...identity, equals: await valuesIn(sources, search, identity, format) } : identity);
  }
  return resolved;
}

async function valuesIn(
  sources: Sources,
  { map, tenantKeys }: Search,
  identity: Identity,
  format: DigestFormat,
): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const [source, tenantKey] of tenantKeys) {
    const places = placesIn(map, source, identity.type);
    if (places.length === 0) continue;
    await sources.withSource(source, async (client) => {
      const statements = new Statements(client, source);
      await statements.command('BEGIN READ ONLY');
      const { rows } = await statements.run(findPgcrypto);
      const pgcrypto = typeof rows[0]?.['schema'] === 'string' ? rows[0]['schema'] : undefined;
      for (const place of places) {
        for await (const value of valuesAt(statements, place, { identity, format }, tenantKey, pgcrypto)) {
          const { type } = identity;
          found.set(canonicalIdentity({ type, value }, place.phoneRegion) ?? value, value);
        }
      }
      await statements.command('COMMIT');
    });
  }
  return [...found.values()];
}

function placesIn(map: DataMap, source: string, type: string): readonly Place[] {
  return collectionsOf(map).flatMap(({ tenant, ...collection }) => {
    if (collection.source !== source || collection.skipped || tenant === undefined) return [];
    const phoneRegion = map.datasets.find(({ key }) => key === collection.dataset)?.phoneRegion;
    return collection.identities
      .filter((field) => field.type === type)
      .map((field) => ({ collection: { ...collection, tenant }, field, phoneRegion }));
  });
}

interface Sought {
  readonly identity: Identity;
  readonly format: DigestFormat;
}

async function* valuesAt(
  statements: Statements,
  place: Place,
  { identity, format }: Sought,
  tenantKey: string,
  pgcrypto: string | undefined,
): AsyncGenerator<string> {
  const statement = valuesOf(place, { value: identity.value, format }, tenantKey, pgcrypto);
  for await (const page of statements.pages(statement ?? allValues(place, tenantKey))) {
    for (const [value] of page) {
      const isMeant = statement !== undefined || isDigestOf(identity, format, value ?? '', place.phoneRegion);
      if (typeof value === 'string' && isMeant) yield value;
    }
  }
}
