/** Which collections and edges a search in a source can walk, and what a collection needs to be walked. */
import type { Findings, Location } from './findings.ts';
import { reachable } from './graph.ts';
import type { Collection, DataMap, Edge, Field, FieldRef } from './model.ts';
import { collectionsOf, fieldName } from './model.ts';

export interface Walk {
  readonly collections: readonly Collection[];
  readonly edges: readonly Edge[];
}

type Graph = Pick<DataMap, 'datasets' | 'edges'>;

/** Everything of a source that is not skipped, with the edges between. */
export function walkOf(map: Graph, source: string): Walk {
  const collections = collectionsOf(map).filter((each) => each.source === source && !each.skipped);
  const refs = new Set(collections.map(({ ref }) => ref));
  return { collections, edges: map.edges.filter(({ from, to }) => refs.has(from) && refs.has(to)) };
}

/** Reports what a search would stumble over. A collection that no identity leads to may lack all of it. */
export function checkWalks(map: Graph, locate: (collection: Collection) => Location, findings: Findings): void {
  for (const source of new Set(map.datasets.map((dataset) => dataset.source))) {
    const { collections, edges } = walkOf(map, source);
    const starts = collections.filter(({ identities, freeText }) => identities.length > 0 || freeText.length > 0);
    const reached = reachable(new Set(starts.map(({ ref }) => ref)), edges);
    for (const collection of collections) {
      if (!reached.has(collection.ref)) continue;
      checkReached(collection, locate(collection), findings);
      for (const at of usedFields(collection, edges)) checkUsed(collection, at, locate(collection), findings);
    }
  }
}

function checkReached({ key, tenant, identities }: Collection, at: Location, findings: Findings): void {
  const why = identities.length > 0 ? 'it has an identity' : 'a search reaches it';
  if (key.length === 0)
    findings.problem(at, `${why} and it has no primary key; set fides_meta.primary_key on its key fields.`);
  if (tenant === undefined) {
    findings.problem(
      at,
      `${why} and it has no tenant; name its workspace column in fides_meta.steward.tenant, or set skip_processing.`,
    );
  }
}

function usedFields({ ref, identities }: Collection, edges: readonly Edge[]): readonly FieldRef[] {
  const ends = edges.flatMap(({ from, to, on }) => [
    ...(from === ref ? on.map((pair) => pair.from) : []),
    ...(to === ref ? on.map((pair) => pair.to) : []),
  ]);
  const used = [...identities.map(({ at }) => at), ...ends];
  return [...new Map(used.map((at) => [fieldName(at), at])).values()];
}

/** A value in a list has no single place in its row, so no comparison of two columns can follow it. */
function checkUsed(collection: Collection, at: FieldRef, location: Location, findings: Findings): void {
  const list = collection.fields.find((field) => isList(field) && isWithin(at, field));
  if (list === undefined) return;
  const fix =
    'mark its references as not_followed and take its identity away, or set skip_processing on the collection.';
  findings.problem(
    { ...location, field: fieldName(at) },
    `it is in a list (${fieldName(list)}), which cannot be searched: ${fix}`,
  );
}

const isList = ({ dataType }: Field): boolean => dataType?.endsWith('[]') === true;

function isWithin(at: FieldRef, { column, path }: FieldRef): boolean {
  return at.column === column && path.every((part, index) => at.path[index] === part);
}
