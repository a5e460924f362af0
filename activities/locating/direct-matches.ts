/** Which rows of the sources the identities point at directly, with what tells whose they are. */
import { text } from 'node:stream/consumers';
import { amongReading } from '../../data-map/copy.ts';
import { evidenceOf } from '../../data-map/evidence.ts';
import type { Evidence } from '../../data-map/evidence.ts';
import type { Key } from '../../data-map/handover.ts';
import { matches } from '../../data-map/matches.ts';
import type { MatchedRow } from '../../data-map/matches.ts';
import type { Collection, DataMap } from '../../data-map/model.ts';
import { collectionsOf } from '../../data-map/model.ts';
import type { Searchable } from '../../data-map/seeds.ts';
import type { Identity } from '../../domain/identities.ts';
import type { Inquiry } from '../inquiry.ts';
import type { Snapshot } from '../plan-runner.ts';
import type { Candidate } from './weigh-matches.ts';

/** A row, with the identifiers that it bears. */
export interface DirectMatch extends Candidate {
  readonly identifiers: readonly Identity[];
}

export interface DirectMatches {
  readonly rows: readonly DirectMatch[];
  /** Whether an identifier pointed at more rows of a collection than are looked at. */
  readonly isCut: boolean;
}

/** An identifier that points at more rows of one collection than this is no identifier; the rest is not written down. */
const MATCHES_AT_MOST = 1_000;

/** In the snapshots of a search by strong identifiers, so that what those lead to is told from the rest. */
export async function directMatches(
  map: DataMap,
  { identities, combine }: Inquiry,
  snapshots: readonly Snapshot[],
): Promise<DirectMatches> {
  const rows: DirectMatch[] = [];
  let isCut = false;
  for (const snapshot of snapshots) {
    for (const collection of searchedIn(map, snapshot)) {
      for (const evidence of evidenceOf(map, collection, identities, combine)) {
        const matched = await matchedRows(snapshot, collection, evidence);
        isCut ||= matched.length > MATCHES_AT_MOST;
        const looked = matched.slice(0, MATCHES_AT_MOST);
        const found = evidence.weak ? await foundAmong(snapshot, collection, looked) : new Set<string>();
        for (const row of looked) rows.push(directMatch(collection, evidence, row, found));
      }
    }
  }
  return { rows, isCut };
}

function searchedIn(map: DataMap, { source }: Snapshot): readonly Searchable[] {
  return collectionsOf(map).flatMap((collection) => {
    const { tenant, skipped } = collection;
    return collection.source === source && !skipped && tenant !== undefined ? [{ ...collection, tenant }] : [];
  });
}

async function matchedRows(
  { client, tenantKey }: Snapshot,
  collection: Searchable,
  { predicates }: Evidence,
): Promise<readonly MatchedRow[]> {
  const statement = matches(collection, predicates, tenantKey, MATCHES_AT_MOST + 1);
  if (!statement) return [];
  const { text: sql, values } = statement;
  const { rows } = await client.query<MatchedRow>({ text: sql, values: [...values] });
  return rows;
}

/** The keys of those rows that strong identifiers lead to. */
export async function foundAmong(
  snapshot: Snapshot,
  { ref }: Pick<Collection, 'ref'>,
  rows: readonly Pick<MatchedRow, 'key'>[],
): Promise<ReadonlySet<string>> {
  const planned = snapshot.plan.collections.find((each) => each.ref === ref);
  if (planned === undefined || rows.length === 0) return new Set();
  const keys = rows.map(({ key }) => key);
  const lines = (await text(snapshot.read(planned, amongReading(planned, keys)))).split('\n').slice(0, -1);
  return new Set(lines.map((line) => idOf((JSON.parse(line) as { key: Key }).key)));
}

/** As `foundAmong` names them. */
export const idOf = (key: Key): string => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));

function directMatch(
  { source, ref, identities }: Collection,
  { identities: places, weak, mention }: Evidence,
  { key, name, identifiers }: MatchedRow,
  found: ReadonlySet<string>,
): DirectMatch {
  return {
    source,
    collection: ref,
    key,
    identities: places,
    weak,
    mention,
    found: found.has(idOf(key)),
    name,
    identifiers: identities.flatMap(({ type }, index) => {
      const value = identifiers[index];
      return value === null || value === undefined || value === '' ? [] : [{ type, value }];
    }),
  };
}
