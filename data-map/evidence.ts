/**
 * What of a collection counts as the person's, and how surely: an identifier in a column of its own, or a mention in a
 * text; by itself, or only with somebody's word for it.
 */
import { isWeakType } from '../domain/identities.ts';
import type { Identity } from '../domain/identities.ts';
import type { Combination } from '../domain/request.ts';
import { mentionsOf } from './mentions.ts';
import type { Collection, DataMap } from './model.ts';
import type { SearchOptions } from './search-options.ts';
import type { Predicate } from './predicates.ts';
import { predicatesFor } from './predicates.ts';

export interface Evidence {
  /** The identities that it stems from, by their places in the list that was searched with. */
  readonly identities: readonly number[];
  /** A row that satisfies any of them is meant. */
  readonly predicates: readonly Predicate[];
  /** It proves nothing alone. */
  readonly weak: boolean;
  /** The row mentions the person and need not be theirs, so nothing is concluded from where it leads. */
  readonly mention: boolean;
}

/** From where a search starts in a collection, and what it takes besides without going on from there. */
export interface Starts {
  readonly seeds: readonly Predicate[];
  readonly mentions: readonly Predicate[];
}

/** One place where an identity can be found. */
interface Trace {
  readonly predicate: Predicate;
  readonly weak: boolean;
  readonly mention: boolean;
}

interface Traced {
  readonly place: number;
  readonly traces: readonly Trace[];
}

export function evidenceOf(
  map: DataMap,
  collection: Collection,
  identities: readonly Identity[],
  combine: Combination = 'any',
): readonly Evidence[] {
  const region = map.datasets.find(({ key }) => key === collection.dataset)?.phoneRegion;
  const places = [...identities.entries()];
  const columns = places
    .filter(([, { type }]) => collection.identities.some((field) => field.type === type))
    .map(([place, identity]) => ({ place, traces: inColumns(collection, identity, region) }));
  const texts = places
    .map(([place, identity]) => ({ place, traces: inTexts(collection, identity, region) }))
    .filter(({ traces }) => traces.length > 0);
  if (combine === 'all') return together(columns.length > 0 ? columns : texts);
  return [...columns, ...texts].flatMap(({ place, traces }) => alternatives(place, traces));
}

function inColumns(collection: Collection, identity: Identity, region: string | undefined): readonly Trace[] {
  return collection.identities.flatMap((field) =>
    predicatesFor(field, identity, region).map((predicate) => ({ predicate, weak: field.weak, mention: false })),
  );
}

/** A row that has identities of its own is rather another person's, who is told of this one. */
function inTexts(collection: Collection, identity: Identity, region: string | undefined): readonly Trace[] {
  const isWeak = collection.identities.length > 0 || isWeakType(identity.type);
  return collection.freeText.flatMap((text) =>
    mentionsOf(text, identity, region).map((predicate) => ({ predicate, weak: text.weak ?? isWeak, mention: true })),
  );
}

/**
 * A row must have every identity whose type the collection has columns for, in any of them; where it has none, a text must
 * mention every identity. It is weak when all that it has is.
 */
function together(places: readonly Traced[]): readonly Evidence[] {
  if (places.length === 0 || places.some(({ traces }) => traces.length === 0)) return [];
  const all = places.flatMap(({ traces }) => traces);
  return [
    {
      identities: places.map(({ place }) => place),
      predicates: [{ kind: 'all', of: places.map(({ traces }) => traces.map(({ predicate }) => predicate)) }],
      weak: places.every(({ traces }) => traces.some(({ weak }) => weak)),
      mention: all.every(({ mention }) => mention),
    },
  ];
}

/** Of equal strength and kind together. */
function alternatives(place: number, traces: readonly Trace[]): readonly Evidence[] {
  const groups = Map.groupBy(traces, ({ weak, mention }) => `${weak} ${mention}`);
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            identities: [place],
            predicates: distinct([first, ...others].map(({ predicate }) => predicate)),
            weak: first.weak,
            mention: first.mention,
          },
        ],
  );
}

/** What a search goes by: all evidence, or without that of uncertain types but with the rows that were confirmed. */
export function startsIn(
  map: DataMap,
  collection: Collection,
  identities: readonly Identity[],
  { combine, uncertain = [], confirmed = [] }: SearchOptions,
): Starts {
  const counted = evidenceOf(map, collection, identities, combine).filter(
    ({ weak, identities: places }) =>
      !weak || !places.every((place) => uncertain.includes(identities[place]?.type ?? '')),
  );
  const rows = confirmed.filter((row) => row.collection === collection.ref);
  const starts = (mention: boolean) => [
    ...distinct(counted.filter((each) => each.mention === mention).flatMap(({ predicates }) => predicates)),
    ...keysOf(rows.filter((row) => (row.mention === true) === mention)),
  ];
  return { seeds: starts(false), mentions: starts(true) };
}

function keysOf(rows: readonly { readonly key: Readonly<Record<string, unknown>> }[]): readonly Predicate[] {
  return rows.length === 0 ? [] : [{ kind: 'keys', keys: rows.map(({ key }) => keyText(key)) }];
}

/** The values of a key as text, which is how keys are kept and compared: numbers of PostgreSQL do not fit in JavaScript's. */
export function keyText(key: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

const distinct = (predicates: readonly Predicate[]): readonly Predicate[] => [
  ...new Map(predicates.map((each) => [JSON.stringify(each), each])).values(),
];
