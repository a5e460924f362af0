/** What of the rows found in a collection is handed over: which columns, without which rows and cells, rid of whom. */
import { InvalidInput } from '../domain/errors.ts';
import type { Identity } from '../domain/identities.ts';
import { keyText } from './evidence.ts';
import type { Collection, DataMap, Field, ThirdPartyPolicy } from './model.ts';
import { collectionsOf } from './model.ts';
import type { Redaction, SearchOptions } from './search-options.ts';
import { ownTokens } from './tokens.ts';
import type { OwnTokens } from './tokens.ts';

/** The columns of a key, each as text. */
export type Key = Readonly<Record<string, string>>;

export interface Handover {
  /** In the map's order; none when the collection is left out. */
  readonly columns: readonly string[];
  /** The columns that the map redacts. */
  readonly omitted: readonly string[];
  /** The columns that somebody redacted for this request. */
  readonly redacted: readonly string[];
  /** The columns that are neither provided by the person nor observed of them, where only such are asked for. */
  readonly derived: readonly string[];
  /** Why nothing of the collection is handed over, whatever was found. */
  readonly withheld: 'redacted' | 'derived' | undefined;
  /** Rows that are left out. */
  readonly rows: readonly Key[];
  /** Values that are left out, which leaves null in their place. */
  readonly cells: readonly { readonly column: string; readonly keys: readonly Key[] }[];
  readonly thirdParties: ThirdPartyPolicy;
  /** The columns in which others may be named. */
  readonly texts: readonly string[];
  /** The person's own addresses and numbers; undefined when none is known. */
  readonly own: OwnTokens | undefined;
}

export function handoverOf(
  map: DataMap,
  collection: Collection,
  identities: readonly Identity[],
  { redactions = [], provided = false, own = [] }: SearchOptions,
): Handover {
  const here = redactions.filter((each) => each.collection === collection.ref);
  const columns = collection.fields.filter(({ path }) => path.length === 0);
  const open = columns.filter(({ redacted }) => !redacted);
  const redacted = open.filter(({ column }) => here.some((each) => each.column === column && each.key === undefined));
  const derived = open.filter((field) => provided && field.origin === 'derived' && !redacted.includes(field));
  const left = open.filter((field) => !redacted.includes(field) && !derived.includes(field));
  const isRedacted = here.some(({ column, key }) => column === undefined && key === undefined);
  const withheld = isRedacted ? 'redacted' : left.length > 0 ? undefined : derived.length > 0 ? 'derived' : 'redacted';
  const region = map.datasets.find(({ key }) => key === collection.dataset)?.phoneRegion;
  return {
    columns: withheld ? [] : names(left),
    omitted: names(columns.filter((field) => field.redacted)),
    redacted: names(redacted),
    derived: names(derived),
    withheld,
    rows: keysIn(here.filter(({ column }) => column === undefined)),
    cells: cellsIn(here),
    thirdParties: collection.thirdParties,
    texts: [...new Set(collection.freeText.map(({ at }) => at.column))],
    own: ownTokens([...identities, ...own], region),
  };
}

const names = (fields: readonly Field[]): readonly string[] => fields.map(({ column }) => column);

function keysIn(redactions: readonly Redaction[]): readonly Key[] {
  return redactions.flatMap(({ key }) => (key === undefined ? [] : [keyText(key)]));
}

function cellsIn(redactions: readonly Redaction[]): Handover['cells'] {
  const byColumn = Map.groupBy(redactions, ({ column }) => column);
  return [...byColumn].flatMap(([column, all]) => {
    const keys = keysIn(all);
    return column === undefined || keys.length === 0 ? [] : [{ column, keys }];
  });
}

/** Throws InvalidInput for a redaction that names nothing of the map, for it would silently hand over what it is about. */
export function checkRedactions(map: DataMap, { redactions = [] }: SearchOptions): void {
  const collections = new Map(collectionsOf(map).map((each) => [each.ref, each]));
  for (const redaction of redactions) {
    const problem = problemOf(collections.get(redaction.collection), redaction);
    if (problem !== undefined) throw new InvalidInput(`The redaction of ${redaction.collection} ${problem}.`);
  }
}

function problemOf(collection: Collection | undefined, { key, column }: Redaction): string | undefined {
  if (!collection) return 'is of a collection that the data map does not have';
  const hasColumn = collection.fields.some((field) => field.path.length === 0 && field.column === column);
  if (column !== undefined && !hasColumn) return `names the column ${column}, which the data map does not have`;
  const named = Object.keys(key ?? {});
  const isWhole = named.length === collection.key.length && collection.key.every((each) => named.includes(each));
  return key === undefined || isWhole ? undefined : `must name a row by ${collection.key.join(', ')}`;
}
