/** The two sides of a comparison: collections of the map, each with its table where there is one. */
import { tableOf } from '../catalogue/model.ts';
import type { Catalogue, CatalogueTable } from '../catalogue/model.ts';
import type { Collection, DataMap } from '../model.ts';
import { collectionsOf } from '../model.ts';

export interface MappedTable {
  readonly collection: Collection;
  readonly table: CatalogueTable | undefined;
}

export interface Subject {
  readonly map: DataMap;
  readonly catalogue: Catalogue;
  /** The source's alone. */
  readonly mapped: readonly MappedTable[];
}

export function mappedTables(map: DataMap, source: string, catalogue: Catalogue): readonly MappedTable[] {
  return collectionsOf(map)
    .filter((collection) => collection.source === source)
    .map((collection) => ({ collection, table: tableOf(catalogue, collection) }));
}

/** Those that a search or an erasure can come to, and that are there. */
export function liveTables({
  mapped,
}: Subject): readonly { readonly collection: Collection; readonly table: CatalogueTable }[] {
  return mapped.flatMap(({ collection, table }) => (table && !collection.skipped ? [{ collection, table }] : []));
}

/** The schemas of a source that are looked at: those that the map names, and those that its settings list. */
export function schemasOf(map: DataMap, source: string, listed: readonly string[] = []): readonly string[] {
  const named = collectionsOf(map).filter((collection) => collection.source === source);
  return [...new Set([...named.map(({ schema }) => schema), ...listed])].sort();
}
