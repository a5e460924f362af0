/** Passes over a workspace's texts and names of files, and gathers where somebody of many is named. */
import { isSearchedRaw, namesIn, rawSearch } from '../../data-map/erasing/raw-search.ts';
import type { Needle } from '../../data-map/erasing/raw-search.ts';
import { liveColumns } from '../../data-map/live-columns.ts';
import type { LiveColumnRow } from '../../data-map/live-columns.ts';
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Searchable } from '../../data-map/seeds.ts';
import type { NotSearched, Residual } from '../../domain/certificate/format.ts';
import type { Sources } from '../../platform/sources.ts';
import { storesOf } from '../exporting/object-keys.ts';
import { Statements } from '../searching/statements.ts';

export interface SearchedPlaces {
  readonly map: DataMap;
  readonly sources: Sources;
}

/** A row of `rawSearch`. */
interface FoundText {
  readonly of: string;
  readonly column: string;
  readonly key: readonly string[];
  readonly number: boolean;
}

interface HitAnywhere {
  readonly of: number;
  readonly source: string;
  readonly place: string;
  /** By nothing but a telephone number. */
  readonly isByNumber: boolean;
}

/** A text that has an identifier. */
export interface TextHit extends HitAnywhere {
  readonly kind: 'text_left';
  readonly collection: Searchable;
  readonly column: string;
  readonly key: readonly string[];
}

/** The name of a file that has one. */
interface ObjectHit extends HitAnywhere {
  readonly kind: 'object_left';
}

export type Hit = TextHit | ObjectHit;

/** What one pass over all places gathers. */
export interface Pass {
  readonly hits: Hit[];
  readonly searched: { sources: number; collections: number; columns: number; objects: number };
  /** Places with more hits than are looked at. */
  readonly cut: Residual[];
  /** Stores of which nobody has said which folders are the workspace's. */
  readonly notSearched: NotSearched[];
}

export const isInTable = (hit: Hit): hit is TextHit => hit.kind === 'text_left';

/** An identifier that is in more texts of one table than this is looked at by nobody. */
const HITS_AT_MOST = 100_000;

export interface Place {
  readonly source: string;
  readonly tenantKey: string;
  /** For a country whose numbers are written without their country code. */
  readonly needlesIn: (region: string | undefined) => readonly Needle[];
}

/** Also collections that the map's search skips: what they hold is what it says, or this finds it. */
export async function passThroughTables(
  { map, sources }: SearchedPlaces,
  { source, tenantKey, needlesIn }: Place,
  { hits, searched, cut }: Pass,
  signal: AbortSignal,
): Promise<void> {
  const manual = new Set(map.datasets.filter((each) => each.manual).map(({ key }) => key));
  const collections = collectionsOf(map).flatMap((each): readonly Searchable[] =>
    each.source === source && each.tenant !== undefined && !manual.has(each.dataset)
      ? [{ ...each, tenant: each.tenant }]
      : [],
  );
  if (collections.length === 0) return;
  searched.sources += 1;
  const regions = new Map(map.datasets.map(({ key, phoneRegion }) => [key, phoneRegion]));
  await sources.withSource(
    source,
    async (client) => {
      const statements = new Statements(client, source);
      const { rows: live } = await statements.run<LiveColumnRow>(liveColumns(collections));
      for (const collection of collections) {
        const columns = live.filter(
          ({ schema, table, ...each }) =>
            schema === collection.schema && table === collection.table && isSearchedRaw(each),
        );
        searched.collections += 1;
        searched.columns += columns.length;
        const needles = needlesIn(regions.get(collection.dataset));
        if (columns.length === 0 || needles.length === 0) continue;
        const names = columns.map(({ name }) => name);
        const found = await statements.run<FoundText>(rawSearch(collection, names, needles, tenantKey, HITS_AT_MOST));
        for (const { of, number: isByNumber, ...at } of found.rows) {
          const place = `${collection.ref}.${at.column}`;
          hits.push({ kind: 'text_left', of: Number(of), source, collection, place, isByNumber, ...at });
        }
        if (found.rows.length === HITS_AT_MOST)
          cut.push({ source, place: collection.ref, kind: 'unproven', count: HITS_AT_MOST });
      }
    },
    signal,
  );
}

/**
 * Those in the workspace's own folders; others are named by rows, whose texts are searched. A store that has no such folders
 * holds those of other workspaces too, and nobody can tell by a name whose they are: it is said not to be searched.
 */
export async function passThroughObjects(
  { map, sources }: SearchedPlaces,
  { source, tenantKey, needlesIn }: Place,
  { hits, searched, notSearched }: Pass,
  signal: AbortSignal,
): Promise<void> {
  const datasets = map.datasets.filter((each) => each.source === source);
  const stores = storesOf(map, source, tenantKey, []);
  const named = datasets.flatMap(({ collections }) => collections.flatMap(({ media }) => media));
  for (const store of new Set(named.map((each) => each.store)))
    if (!stores.some((each) => each.store === store)) notSearched.push({ source, place: store, why: 'no_folders' });
  const needles = new Set(datasets.flatMap(({ phoneRegion }) => phoneRegion ?? []).flatMap(needlesIn));
  for (const needle of needlesIn(undefined)) needles.add(needle);
  for (const { store, folders } of stores) {
    for (const folder of folders) {
      for await (const { key } of sources.objectStore(store).list(folder)) {
        signal.throwIfAborted();
        searched.objects += 1;
        hits.push(...namedIn(key, needles).map((hit) => ({ ...hit, source, place: store })));
      }
    }
  }
}

/** Who is named in the key of an object, each once. */
function namedIn(key: string, needles: ReadonlySet<Needle>): readonly Omit<ObjectHit, 'source' | 'place'>[] {
  const found = [...needles].filter((needle) => namesIn(key, needle));
  return [...Map.groupBy(found, ({ of }) => of)].map(([of, by]) => ({
    kind: 'object_left',
    of,
    isByNumber: by.every(({ isNumber }) => isNumber),
  }));
}
