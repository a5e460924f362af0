/** The map as plain data for whoever shows it. */
import type { MapDescription } from '../domain/map-description.ts';
import type { Collection, DataMap } from './model.ts';
import { collectionsOf, fieldName } from './model.ts';

export function describeMap(map: DataMap): MapDescription {
  const byHand = new Set(map.datasets.filter(({ manual }) => manual).map(({ key }) => key));
  return {
    version: map.version,
    datasets: map.datasets.map(({ key, name, source, manual }) => ({
      key,
      name,
      source,
      byHand: manual !== undefined,
    })),
    collections: collectionsOf(map).map((collection) => ({
      ref: collection.ref,
      dataset: collection.dataset,
      source: collection.source,
      label: collection.label,
      kind: collection.kind,
      recordClass: collection.recordClass ?? null,
      identities: [...new Set(collection.identities.map(({ type }) => type))],
      skipped: collection.skipped,
      skippedBecause: byHand.has(collection.dataset) ? 'people search it' : skippedBecause(collection),
    })),
    edges: map.edges.map(({ from, to, on, crossesSources }) => ({
      from,
      to,
      on: on.map((pair) => ({ from: fieldName(pair.from), to: fieldName(pair.to) })),
      crossesSources,
    })),
  };
}

function skippedBecause({ skipped, exemption }: Collection): string | null {
  if (!skipped) return null;
  if (exemption === undefined) return 'the data map says skip_processing';
  return exemption.reason ?? 'the data map says that it holds no personal data';
}
