/** Searches all of a workspace's texts and names of files for many people at once, and says of each what is left. */
import { isSearchedRaw, namesIn, needlesOf, rawSearch } from '../../data-map/erasing/raw-search.ts';
import type { Needle } from '../../data-map/erasing/raw-search.ts';
import type { Key } from '../../data-map/handover.ts';
import { liveColumns } from '../../data-map/live-columns.ts';
import type { LiveColumnRow } from '../../data-map/live-columns.ts';
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Searchable } from '../../data-map/seeds.ts';
import type { NotSearched, Residual, Verification } from '../../domain/certificate/format.ts';
import { isWeakType } from '../../domain/identities.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Sources } from '../../platform/sources.ts';
import { storesOf } from '../exporting/object-keys.ts';
import { searchOf } from '../inquiry.ts';
import type { Inquiry } from '../inquiry.ts';
import { foundAmong, idOf } from '../locating/direct-matches.ts';
import type { Decisions } from '../locating/match-records.ts';
import { rowId } from '../locating/weigh-matches.ts';
import type { ConfirmedRow } from '../../data-map/search-options.ts';
import { withSnapshots } from '../plan-runner.ts';
import { Statements } from '../searching/statements.ts';

export interface RawSearchDeps {
  readonly map: DataMap;
  readonly sources: Sources;
}

/** Somebody whose erasure was certified. */
export interface Sought {
  readonly inquiry: Inquiry;
  readonly confirmed: readonly ConfirmedRow[];
  /** What people have decided about rows that an identifier points at. */
  readonly decisions: Decisions;
  /** Which of these rows, were they the person's, would be retained; by `rowId`. */
  readonly retained: (rows: readonly FoundRow[], signal: AbortSignal) => Promise<ReadonlySet<string>>;
}

export interface FoundRow {
  readonly source: string;
  readonly collection: string;
  readonly key: Key;
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
interface TextHit extends HitAnywhere {
  readonly kind: 'text_left';
  readonly collection: Searchable;
  readonly column: string;
  readonly key: readonly string[];
}

/** The name of a file that has one. */
interface ObjectHit extends HitAnywhere {
  readonly kind: 'object_left';
}

type Hit = TextHit | ObjectHit;

interface Pass {
  readonly hits: Hit[];
  readonly searched: { sources: number; collections: number; columns: number; objects: number };
  /** Places with more hits than are looked at. */
  readonly cut: Residual[];
  /** Stores of which nobody has said which folders are the workspace's. */
  readonly notSearched: NotSearched[];
}

/** An identifier that is in more texts of one table than this is looked at by nobody. */
const HITS_AT_MOST = 100_000;

/** One verification for each, in their order. All are of one workspace. */
export async function searchRaw(
  deps: RawSearchDeps,
  sought: readonly Sought[],
  tenantKeys: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<readonly Verification[]> {
  const needlesIn = needlesByRegion(sought);
  const searched = { sources: 0, collections: 0, columns: 0, objects: 0 };
  const pass: Pass = { hits: [], searched, cut: [], notSearched: [] };
  for (const [source, tenantKey] of tenantKeys) {
    await passThroughTables(deps, { source, tenantKey, needlesIn }, pass, signal);
    await passThroughObjects(deps, { source, tenantKey, needlesIn }, pass, signal);
  }
  const verifications: Verification[] = [];
  for (const [of, each] of sought.entries()) {
    const hits = pass.hits.filter((hit) => hit.of === of);
    const { left: unexpected, expected } = await judge(deps, each, hits, signal);
    const isShared = sharesNumbers(each) || unexpected.some(isOwnNumber);
    const left = isShared ? unexpected.filter(({ isByNumber }) => !isByNumber) : unexpected;
    const cut = pass.cut.filter(({ place }) => hits.some((hit) => isInTable(hit) && hit.collection.ref === place));
    const residuals = [...residualsOf(left), ...cut];
    verifications.push({
      method: 'raw_search',
      at: new Date().toISOString(),
      result: residuals.length > 0 ? 'failed' : 'passed',
      searched: { ...pass.searched, records: 0 },
      expected,
      residuals,
      notSearched: [...pass.notSearched, ...(isShared && hasNumber(each) ? [SHARED_NUMBER] : [])],
    });
  }
  return verifications;
}

function needlesByRegion(sought: readonly Sought[]): Place['needlesIn'] {
  const people = sought.map((each) => identifiersOf(each));
  const made = new Map<string | undefined, readonly Needle[]>();
  return (region) => {
    const needles = made.get(region) ?? people.flatMap((identities, of) => needlesOf(of, identities, region));
    made.set(region, needles);
    return needles;
  };
}

/**
 * A number that somebody has said is another person's as well is in that person's texts by right, so it is not looked for: what
 * it finds would say nothing, and every certificate of the household would fail.
 */
const sharesNumbers = ({ decisions }: Sought): boolean => [...decisions.values()].includes('rejected');

function identifiersOf(each: Sought): readonly Identity[] {
  const all = [...each.inquiry.identities, ...each.inquiry.own];
  return sharesNumbers(each) ? all.filter(({ type }) => !isWeakType(type)) : all;
}

const hasNumber = ({ inquiry }: Sought): boolean =>
  [...inquiry.identities, ...inquiry.own].some(({ type }) => isWeakType(type));

const SHARED_NUMBER: NotSearched = { source: null, place: null, why: 'shared_number' };

/** A row that is not the person's has the number for its own, so it says of a text that has it nothing either. */
function isOwnNumber(hit: Hit): boolean {
  if (!isInTable(hit) || !hit.isByNumber) return false;
  return hit.collection.identities.some(({ type, at }) => isWeakType(type) && at.column === hit.column);
}

interface Place {
  readonly source: string;
  readonly tenantKey: string;
  /** For a country whose numbers are written without their country code. */
  readonly needlesIn: (region: string | undefined) => readonly Needle[];
}

/** Also collections that the map's search skips: what they hold is what it says, or this finds it. */
async function passThroughTables(
  { map, sources }: RawSearchDeps,
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
async function passThroughObjects(
  { map, sources }: RawSearchDeps,
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
        const named = Map.groupBy(
          [...needles].filter((needle) => namesIn(key, needle)),
          ({ of }) => of,
        );
        for (const [of, by] of named) {
          const isByNumber = by.every(({ isNumber }) => isNumber);
          hits.push({ kind: 'object_left', of, source, place: store, isByNumber });
        }
      }
    }
  }
}

/**
 * What the map's search finds is retained, or was looked at by the rescan; what somebody has rejected is another person's. The
 * search no longer leads to a retained row whose contact is gone, so what is left is weighed by itself.
 */
async function judge(
  { map, sources }: RawSearchDeps,
  { inquiry, confirmed, decisions, retained }: Sought,
  hits: readonly Hit[],
  signal: AbortSignal,
): Promise<{ readonly left: readonly Hit[]; readonly expected: number }> {
  const known = new Set<TextHit>();
  const inTables = hits.filter(isInTable);
  if (inTables.length > 0) {
    await withSnapshots(
      sources,
      searchOf(map, inquiry, { confirmed }),
      async (snapshots) => {
        for (const snapshot of snapshots) {
          const here = inTables.filter(({ source }) => source === snapshot.source);
          for (const [collection, own] of Map.groupBy(here, (hit) => hit.collection)) {
            const keys = own.map((hit) => ({ key: keyOf(collection, hit) }));
            const found = await foundAmong(snapshot, collection, keys);
            for (const hit of own) if (found.has(idOf(keyOf(collection, hit)))) known.add(hit);
          }
        }
      },
      signal,
    );
  }
  for (const hit of inTables) if (decisions.get(rowId(rowOf(hit))) === 'rejected') known.add(hit);
  const unknown = inTables.filter((hit) => !known.has(hit) && !hit.collection.skipped);
  if (unknown.length > 0) {
    const kept = await retained(unknown.map(rowOf), signal);
    for (const hit of unknown) if (kept.has(rowId(rowOf(hit)))) known.add(hit);
  }
  const rows = new Set([...known].map(({ collection, key }) => JSON.stringify([collection.ref, key])));
  return { left: hits.filter((hit) => !isInTable(hit) || !known.has(hit)), expected: rows.size };
}

const isInTable = (hit: Hit): hit is TextHit => hit.kind === 'text_left';

function rowOf(hit: TextHit): FoundRow {
  return { source: hit.source, collection: hit.collection.ref, key: keyOf(hit.collection, hit) };
}

function keyOf({ key: names }: Searchable, { key }: TextHit): Key {
  return Object.fromEntries(names.map((name, index) => [name, key[index] ?? '']));
}

function residualsOf(hits: readonly Hit[]): readonly Residual[] {
  const byPlace = Map.groupBy(hits, ({ kind, source, place }) => JSON.stringify([kind, source, place]));
  return [...byPlace.values()].flatMap(([first, ...others]): readonly Residual[] =>
    first === undefined
      ? []
      : [{ source: first.source, place: first.place, kind: first.kind, count: 1 + others.length }],
  );
}
