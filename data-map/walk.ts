/** Which collections and edges a search can walk, and what a collection needs to be walked. */
import type { Findings, Location } from './findings.ts';
import { components, reachable } from './graph.ts';
import type { Collection, DataMap, Edge } from './model.ts';
import { collectionsOf, fieldName } from './model.ts';

export interface Walk {
  readonly collections: readonly Collection[];
  readonly edges: readonly Edge[];
}

type Graph = Pick<DataMap, 'datasets' | 'edges'>;

/** Everything that is not skipped, with the edges between. */
export function walkOf(map: Graph): Walk {
  return partOf({ collections: collectionsOf(map).filter(({ skipped }) => !skipped), edges: map.edges }, () => true);
}

/** The part of a walk that is in some sources. */
export function partOf(walk: Walk, isIn: (source: string) => boolean): Walk {
  const collections = walk.collections.filter(({ source }) => isIn(source));
  const refs = new Set(collections.map(({ ref }) => ref));
  return { collections, edges: walk.edges.filter(({ from, to }) => refs.has(from) && refs.has(to)) };
}

/** Reports what a search would stumble over or miss. A collection that no identity leads to may lack the rest. */
export function checkWalks(map: Graph, locate: (collection: Collection) => Location, findings: Findings): void {
  const { collections, edges } = walkOf(map);
  const starts = collections.filter(({ identities, freeText }) => identities.length > 0 || freeText.length > 0);
  const reached = reachable(new Set(starts.map(({ ref }) => ref)), edges);
  for (const collection of collections) {
    if (!reached.has(collection.ref)) continue;
    checkReached(collection, locate(collection), findings);
    for (const edge of edges) checkPairs(edge, collection, locate(collection), findings);
  }
  const missed = collections.filter(({ ref }) => !reached.has(ref));
  reportMissed(missed, edges, locate, findings);
}

/** Rows that only lead to each other are most likely missing an identity; others may be no business of a search. */
function reportMissed(
  missed: readonly Collection[],
  edges: readonly Edge[],
  locate: (collection: Collection) => Location,
  findings: Findings,
): void {
  const groups = components(
    missed.map(({ ref }) => ref),
    edges,
  );
  for (const group of groups) {
    const members = missed.filter(({ ref }) => group.includes(ref));
    const [first] = members;
    if (first === undefined) continue;
    if (edges.some(({ from, to }) => group.includes(from) && group.includes(to))) {
      const fix = 'give one an identity or a reference to a collection that has one, or set skip_processing';
      findings.gap(locate(first), `no identity leads into the cycle of ${[...group].sort().join(', ')}; ${fix}.`);
    } else if (isPersonal(first)) {
      findings.notice(locate(first), 'it has data of persons, and no identity leads to it: no search finds its rows.');
    }
  }
}

const isPersonal = ({ fields }: Collection): boolean =>
  fields.some(({ categories }) => categories.some((each) => /^user(\.|$)/.test(each)));

function checkReached({ key, tenant, identities }: Collection, at: Location, findings: Findings): void {
  const why = identities.length > 0 ? 'it has an identity' : 'a search reaches it';
  if (key.length === 0)
    findings.gap(at, `${why} and it has no primary key; set fides_meta.primary_key on its key fields.`);
  if (tenant === undefined) {
    findings.gap(
      at,
      `${why} and it has no tenant; name its workspace column in fides_meta.steward.tenant, or set skip_processing.`,
    );
  }
}

/** Values of two lists would be paired in every way, though an element of one belongs to one of the other. */
function checkPairs({ from, on }: Edge, collection: Collection, location: Location, findings: Findings): void {
  if (from !== collection.ref || on.length < 2) return;
  for (const at of on.flatMap((pair) => [pair.from, pair.to])) {
    if (!at.inList) continue;
    const fix = 'mark its references as not_followed.';
    findings.gap(
      { ...location, field: fieldName(at) },
      `it is in a list and a part of a composite reference, which cannot be followed: ${fix}`,
    );
  }
}
