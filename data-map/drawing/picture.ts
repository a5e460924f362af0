/** What a drawing of the map shows, before it is Mermaid or Graphviz: collections in groups, and which lead to which. */
import type { Collection, DataMap, Edge } from '../model.ts';
import { collectionsOf, fieldName } from '../model.ts';

export interface Picture {
  readonly groups: readonly PictureGroup[];
  readonly arrows: readonly PictureArrow[];
  /** Stores of objects, by the collections whose rows name objects in them. */
  readonly stores: ReadonlyMap<string, readonly string[]>;
  /** Where no edge begins or ends that crosses sources, one source is all there is. */
  readonly crosses: boolean;
}

/** The collections of one kind in one dataset. */
interface PictureGroup {
  readonly dataset: string;
  readonly kind: string;
  readonly nodes: readonly PictureNode[];
}

export interface PictureNode {
  readonly id: string;
  readonly name: string;
  /** `email`, or `email ×2` when two columns hold one. */
  readonly identities: readonly string[];
  /** Why no search by machine comes here, in a word or two; undefined when one does. */
  readonly aside: string | undefined;
}

export interface PictureArrow {
  readonly from: string;
  readonly to: string;
  readonly bothWays: boolean;
  readonly crossesSources: boolean;
  /** The columns that refer, at whichever end they are; the key that they refer to goes without saying. */
  readonly label: string;
}

export function pictureOf(map: DataMap): Picture {
  const collections = collectionsOf(map);
  const ids = new Map(collections.map(({ ref }, index) => [ref, `c${index}`]));
  const id = (ref: string): string => ids.get(ref) ?? ref;
  const datasets = new Map(map.datasets.map((dataset) => [dataset.key, dataset]));
  const groups = Map.groupBy(collections, ({ dataset, kind }) => JSON.stringify([dataset, kind]));
  const arrows = arrowsOf(map.edges, collections).map((arrow) => ({
    ...arrow,
    from: id(arrow.from),
    to: id(arrow.to),
  }));
  return {
    groups: [...groups.values()].flatMap(([first, ...rest]) =>
      first === undefined
        ? []
        : [
            {
              dataset: datasets.get(first.dataset)?.name ?? first.dataset,
              kind: first.kind,
              nodes: [first, ...rest].map((each) =>
                toNode(each, id(each.ref), datasets.get(each.dataset)?.manual !== undefined),
              ),
            },
          ],
    ),
    arrows,
    stores: storesOf(collections, id),
    crosses: arrows.some(({ crossesSources }) => crossesSources),
  };
}

function toNode({ table, identities, skipped }: Collection, id: string, byHand: boolean): PictureNode {
  const types = Map.groupBy(identities, ({ type }) => type);
  const words = [...types].map(([type, fields]) => (fields.length > 1 ? `${type} ×${fields.length}` : type));
  return { id, name: table, identities: words, aside: byHand ? 'by hand' : skipped ? 'skipped' : undefined };
}

/** Edges between the same two collections become one arrow, with two heads when rows flow both ways. */
function arrowsOf(edges: readonly Edge[], collections: readonly Collection[]): readonly PictureArrow[] {
  const keys = new Map(collections.map(({ ref, key }) => [ref, key]));
  const isKey = (ref: string, column: string) => keys.get(ref)?.length === 1 && keys.get(ref)?.[0] === column;
  const referring = ({ to, on }: Edge): readonly string[] =>
    on.map((pair) => fieldName(isKey(to, pair.to.column) ? pair.from : pair.to));
  const pairs = Map.groupBy(edges, ({ from, to }) => [from, to].toSorted().join('\n'));
  return [...pairs.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        from: first.from,
        to: first.to,
        bothWays: first.from !== first.to && group.some(({ from }) => from !== first.from),
        crossesSources: first.crossesSources,
        label: [...new Set(group.flatMap(referring))].join(', '),
      },
    ];
  });
}

function storesOf(
  collections: readonly Collection[],
  id: (ref: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const uses = collections
    .filter(({ skipped }) => !skipped)
    .flatMap(({ ref, media }) =>
      [...new Set(media.map(({ store }) => store))].map((store) => ({ store, id: id(ref) })),
    );
  const byStore = Map.groupBy(uses, ({ store }) => store);
  return new Map([...byStore].map(([store, own]) => [store, own.map((use) => use.id)]));
}
