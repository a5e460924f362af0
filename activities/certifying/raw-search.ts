/** Searches all of a workspace's texts and names of files for many people at once, and says of each what is left. */
import { isSearchedRaw, namesIn, needlesOf, rawSearch } from '../../data-map/erasing/raw-search.ts';
import type { Needle } from '../../data-map/erasing/raw-search.ts';
import type { Key } from '../../data-map/handover.ts';
import { liveColumns } from '../../data-map/live-columns.ts';
import type { LiveColumnRow } from '../../data-map/live-columns.ts';
import type { DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Searchable } from '../../data-map/seeds.ts';
import type { Residual, Verification } from '../../domain/certificate/format.ts';
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

/** A text, or the name of a file, that has an identifier. */
interface Hit {
  readonly of: number;
  readonly source: string;
  readonly collection: Searchable | undefined;
  readonly place: string;
  readonly key: readonly string[];
}

interface Pass {
  readonly hits: Hit[];
  readonly searched: { sources: number; collections: number; columns: number; objects: number };
  /** Places with more hits than are looked at. */
  readonly cut: Residual[];
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
  const needles = sought.flatMap(({ inquiry }, of) =>
    needlesOf(of, [...inquiry.identities, ...inquiry.own], undefined),
  );
  const pass: Pass = { hits: [], searched: { sources: 0, collections: 0, columns: 0, objects: 0 }, cut: [] };
  for (const [source, tenantKey] of tenantKeys) {
    await passThroughTables(deps, { source, tenantKey, needles }, pass, signal);
    await passThroughObjects(deps, { source, tenantKey, needles }, pass, signal);
  }
  const verifications: Verification[] = [];
  for (const [of, each] of sought.entries()) {
    const hits = pass.hits.filter((hit) => hit.of === of);
    const { left, expected } = await judge(deps, each, hits, signal);
    const cut = pass.cut.filter(({ place }) => hits.some((hit) => hit.collection?.ref === place));
    const residuals = [...residualsOf(left), ...cut];
    verifications.push({
      method: 'raw_search',
      at: new Date().toISOString(),
      result: residuals.length > 0 ? 'failed' : 'passed',
      searched: { ...pass.searched, records: 0 },
      expected,
      residuals,
    });
  }
  return verifications;
}

interface Place {
  readonly source: string;
  readonly tenantKey: string;
  readonly needles: readonly Needle[];
}

/** Also collections that the map's search skips: what they hold is what it says, or this finds it. */
async function passThroughTables(
  { map, sources }: RawSearchDeps,
  { source, tenantKey, needles }: Place,
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
  await sources.withSource(
    source,
    async (client) => {
      const statements = new Statements(client, source);
      const { rows } = await statements.run(liveColumns(collections));
      const live = rows as unknown as readonly LiveColumnRow[];
      for (const collection of collections) {
        const columns = live.filter(
          ({ schema, table, ...each }) =>
            schema === collection.schema && table === collection.table && isSearchedRaw(each),
        );
        searched.collections += 1;
        searched.columns += columns.length;
        if (columns.length === 0 || needles.length === 0) continue;
        const names = columns.map(({ name }) => name);
        const found = await statements.run(rawSearch(collection, names, needles, tenantKey, HITS_AT_MOST));
        for (const { of, column, key } of found.rows) {
          const place = `${collection.ref}.${String(column)}`;
          hits.push({ of: Number(of), source, collection, place, key: key as readonly string[] });
        }
        if (found.rows.length === HITS_AT_MOST)
          cut.push({ source, place: collection.ref, kind: 'unproven', count: HITS_AT_MOST });
      }
    },
    signal,
  );
}

/** Those in the workspace's own folders; others are named by rows, whose texts are searched. */
async function passThroughObjects(
  { map, sources }: RawSearchDeps,
  { source, tenantKey, needles }: Place,
  { hits, searched }: Pass,
  signal: AbortSignal,
): Promise<void> {
  for (const { store, folders } of storesOf(map, source, tenantKey, [])) {
    for (const folder of folders) {
      for await (const { key } of sources.objectStore(store).list(folder)) {
        signal.throwIfAborted();
        searched.objects += 1;
        const ofs = new Set(needles.filter((needle) => namesIn(key, needle)).map(({ of }) => of));
        for (const of of ofs) hits.push({ of, source, collection: undefined, place: store, key: [key] });
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
  const known = new Set<Hit>();
  const inTables = hits.filter((hit) => hit.collection !== undefined);
  if (inTables.length > 0) {
    await withSnapshots(
      sources,
      searchOf(map, inquiry, { confirmed }),
      async (snapshots) => {
        for (const snapshot of snapshots) {
          const here = inTables.filter(({ source }) => source === snapshot.source);
          for (const [collection, own] of Map.groupBy(here, (hit) => hit.collection)) {
            if (collection === undefined) continue;
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
  const unknown = inTables.filter((hit) => !known.has(hit) && hit.collection?.skipped === false);
  if (unknown.length > 0) {
    const kept = await retained(unknown.map(rowOf), signal);
    for (const hit of unknown) if (kept.has(rowId(rowOf(hit)))) known.add(hit);
  }
  const rows = new Set([...known].map(({ collection, key }) => JSON.stringify([collection?.ref, key])));
  return { left: hits.filter((hit) => !known.has(hit)), expected: rows.size };
}

function rowOf(hit: Hit): FoundRow {
  if (hit.collection === undefined) throw new TypeError('The name of a file is in no row.');
  return { source: hit.source, collection: hit.collection.ref, key: keyOf(hit.collection, hit) };
}

function keyOf({ key: names }: Searchable, { key }: Hit): Key {
  return Object.fromEntries(names.map((name, index) => [name, key[index] ?? '']));
}

function residualsOf(hits: readonly Hit[]): readonly Residual[] {
  const byPlace = Map.groupBy(hits, ({ source, place }) => JSON.stringify([source, place]));
  return [...byPlace.values()].flatMap((own): readonly Residual[] => {
    const [first] = own;
    if (first === undefined) return [];
    const kind = first.collection === undefined ? 'object_left' : 'text_left';
    return [{ source: first.source, place: first.place, kind, count: own.length }];
  });
}
