/** Searches all of a workspace's texts and names of files for many people at once, and says of each what is left. */
import { needlesOf } from '../../data-map/erasing/raw-search.ts';
import type { Needle } from '../../data-map/erasing/raw-search.ts';
import type { Key } from '../../data-map/handover.ts';
import type { ConfirmedRow } from '../../data-map/search-options.ts';
import type { Searchable } from '../../data-map/seeds.ts';
import type { NotSearched, Residual, Verification } from '../../domain/certificate/format.ts';
import { isWeakType } from '../../domain/identities.ts';
import type { Identity } from '../../domain/identities.ts';
import { searchOf } from '../inquiry.ts';
import type { Inquiry } from '../inquiry.ts';
import { foundAmong, idOf } from '../locating/direct-matches.ts';
import type { Decisions } from '../locating/match-records.ts';
import { rowId } from '../locating/weigh-matches.ts';
import { withSnapshots } from '../plan-runner.ts';
import { isInTable, passThroughObjects, passThroughTables } from './raw-passes.ts';
import type { Hit, Pass, Place, SearchedPlaces, TextHit } from './raw-passes.ts';

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

/** One verification for each, in their order. All are of one workspace. */
export async function searchRaw(
  deps: SearchedPlaces,
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

/**
 * What the map's search finds is retained, or was looked at by the rescan; what somebody has rejected is another person's. The
 * search no longer leads to a retained row whose contact is gone, so what is left is weighed by itself.
 */
async function judge(
  { map, sources }: SearchedPlaces,
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
