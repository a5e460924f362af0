/**
 * How a record is pseudonymised: every column that is of a person, and that no ground keeps, gets another value. What the
 * map says of a field comes first (Fideslang's `masking_strategy_override`, with strategies of our own beside its own),
 * then what the column's type allows: nothing where it may be empty, else a neutral value, and one of its own where no two
 * rows may agree.
 */
import type { Catalogue, CatalogueColumn, CatalogueTable } from '../catalogue/model.ts';
import { columnOf, isEnd, tableOf } from '../catalogue/model.ts';
import type { Field } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import type { Binds } from '../sql-text.ts';
import { column, quoteName } from '../sql-text.ts';
import { ERASED, fit, neutralValue, uniqueValue } from './neutral-values.ts';
import type { MaskedColumn } from './neutral-values.ts';
import { isStrategy, maskedBy, staysUnique } from './strategies.ts';

/**
 * Stands in the place of the columns that stay: all do, and free texts lose the person's identifiers. So it is of records of
 * others in which the person is only mentioned.
 */
export const ALL_BUT_MENTIONS = '*';

export interface Masking {
  readonly collection: PlannedCollection;
  readonly columns: readonly MaskedColumn[];
  /** Texts that lose the person's identifiers alone. */
  readonly texts: readonly RedactedText[];
  /** What marks the row as restricted, as an assignment; undefined where the map has no column for it. */
  readonly mark: string | undefined;
  /** Why the collection cannot be pseudonymised as it is, each naming the column and what to do. */
  readonly problems: readonly string[];
}

interface RedactedText {
  readonly live: CatalogueColumn;
  /** Regular expressions of PostgreSQL; they hold personal data and are bound. */
  readonly tokens: readonly string[];
}

/** `keeps` are the columns that the grounds of the rows name, or ALL_BUT_MENTIONS alone. */
export function maskingOf(
  catalogue: Catalogue,
  collection: PlannedCollection,
  planned: readonly PlannedCollection[],
  keeps: readonly string[],
): Masking {
  const table = tableOf(catalogue, collection);
  if (keeps.includes(ALL_BUT_MENTIONS)) {
    return { collection, columns: [], texts: redactedTexts(table, collection), mark: undefined, problems: [] };
  }
  const stays = new Set([...keeps, ...fixedColumns(catalogue, collection, planned)]);
  const names = [...new Set(collection.fields.map((field) => field.column))].filter((name) => !stays.has(name));
  const columns = names.flatMap((name) => maskedColumn(catalogue, table, collection, name));
  const mark = keeps.includes(collection.restriction ?? '') ? undefined : restrictionMark(catalogue, collection);
  return { collection, columns, texts: [], mark, problems: columns.flatMap((each) => problemOf(collection, each)) };
}

function redactedTexts(table: CatalogueTable | undefined, { mentions }: PlannedCollection): readonly RedactedText[] {
  const found = mentions.flatMap((each) => (each.kind === 'mention' ? [each] : []));
  return [...Map.groupBy(found, ({ at }) => at.column)].flatMap(([name, all]) => {
    const live = columnOf(table, name);
    const isText = live !== undefined && !live.list && (live.family === 'text' || live.family === 'json');
    return isText ? [{ live, tokens: [...new Set(all.map(({ mention }) => mention.token))] }] : [];
  });
}

/** Whether nothing of a row would change. */
export const changesNothing = ({ columns, texts }: Masking): boolean => columns.length === 0 && texts.length === 0;

/** Assignments over the alias `t`; the secret of what is hashed with a key is bound. */
export function assignments({ columns, texts, mark }: Masking, pads: Pads): (binds: Binds) => readonly string[] {
  return (binds) => {
    const bound = bindOnce(binds, pads);
    const masks = columns.map((each) => `${quoteName(each.name)} = ${valueOf(each, bound)}`);
    const redactions = texts.map((each) => redaction(each, binds));
    return [...masks, ...redactions, ...(mark === undefined ? [] : [mark])];
  };
}

function redaction({ live, tokens }: RedactedText, binds: Binds): string {
  const text = tokens.reduce(
    (sql, token) => `regexp_replace(${sql}, ${binds.add(token)}::text, '${ERASED}', 'gi')`,
    `${column('t', live.name)}::text`,
  );
  return `${quoteName(live.name)} = ${fit(text, live.type)}`;
}

/** Marks a row that is retained, as an assignment over the alias `t`; a mark that is there stays. */
export function restrictionMark(catalogue: Catalogue, collection: PlannedCollection): string | undefined {
  const { restriction: name } = collection;
  const mark = name === undefined ? undefined : columnOf(tableOf(catalogue, collection), name);
  if (mark === undefined) return undefined;
  if (mark.family === 'boolean') return `${quoteName(mark.name)} = true`;
  return mark.family === 'time' ? `${quoteName(mark.name)} = coalesce(${column('t', mark.name)}, now())` : undefined;
}

/** HMAC's pads, to be bound. */
export interface Pads {
  readonly inner: Uint8Array;
  readonly outer: Uint8Array;
}

function bindOnce(binds: Binds, pads: Pads): () => { readonly inner: string; readonly outer: string } {
  let bound: { readonly inner: string; readonly outer: string } | undefined;
  return () => (bound ??= { inner: binds.add(pads.inner), outer: binds.add(pads.outer) });
}

/** What holds a row together with others, or says whose it is: keys, the workspace, references to what is no person's. */
function fixedColumns(
  catalogue: Catalogue,
  collection: PlannedCollection,
  planned: readonly PlannedCollection[],
): readonly string[] {
  const inbound = catalogue.foreignKeys.filter(({ to }) => isEnd(to, collection)).flatMap(({ to }) => to.columns);
  const outbound = catalogue.foreignKeys.filter(({ from }) => isEnd(from, collection));
  const elsewhere = outbound.filter(({ to }) => !planned.some((each) => isEnd(to, each)));
  const table = tableOf(catalogue, collection);
  const needed = outbound
    .flatMap(({ from }) => from.columns)
    .filter((name) => columnOf(table, name)?.nullable === false);
  return [
    ...collection.key,
    collection.tenant,
    ...(collection.team === undefined ? [] : [collection.team]),
    ...(collection.restriction === undefined ? [] : [collection.restriction]),
    ...inbound,
    ...elsewhere.flatMap(({ from }) => from.columns),
    ...needed,
  ];
}

const isOfPerson = ({ categories }: Field): boolean =>
  categories.length === 0 || categories.some((each) => /^user(\.|$)/.test(each));

function maskedColumn(
  catalogue: Catalogue,
  table: CatalogueTable | undefined,
  collection: PlannedCollection,
  name: string,
): readonly MaskedColumn[] {
  const live = columnOf(table, name);
  const fields = collection.fields.filter((field) => field.column === name);
  const own = fields.find(({ path }) => path.length === 0);
  const nested = fields.filter(({ path, masking }) => path.length > 0 && masking !== undefined);
  const byMap =
    own?.masking ??
    (collection.masking === undefined ? undefined : { strategy: collection.masking, configuration: {} });
  const isNeeded = byMap !== undefined || nested.length > 0 || fields.some(isOfPerson);
  if (live === undefined || !isNeeded || byMap?.strategy === 'preserve') return [];
  const unique = (table?.uniqueKeys ?? []).some(
    ({ columns }) => columns.includes(name) && !collection.key.every((each) => columns.includes(each)),
  );
  const isReference = catalogue.foreignKeys.some(({ from }) => isEnd(from, collection) && from.columns.includes(name));
  return [
    {
      name,
      live,
      unique,
      isReference,
      masking: isReference ? undefined : byMap,
      nested: byMap === undefined ? nested : [],
    },
  ];
}

function problemOf({ ref }: PlannedCollection, masked: MaskedColumn): readonly string[] {
  const place = `${ref}.${masked.name}`;
  const strategies = [masked.masking, ...masked.nested.map(({ masking }) => masking)].filter(
    (each) => each !== undefined,
  );
  const unknown = strategies.filter(({ strategy }) => !isStrategy(strategy)).map(({ strategy }) => strategy);
  if (unknown.length > 0) {
    return [
      `${place}: the masking strategy ${unknown[0] ?? ''} is not one that a source can carry out; name another in the map, such as null_rewrite or hmac.`,
    ];
  }
  if (valueOf(masked, () => ({ inner: '', outer: '' })) !== undefined) return [];
  return [
    `${place}: it must have a value, and there is no neutral one of type ${masked.live.type}; give it a masking strategy in the map.`,
  ];
}

function valueOf(
  masked: MaskedColumn,
  pads: () => { readonly inner: string; readonly outer: string },
): string | undefined {
  const value = column('t', masked.name);
  const byMap = maskedBy(value, masked, pads);
  if (byMap !== undefined && (!masked.unique || staysUnique(masked))) return byMap;
  if (masked.live.nullable) return 'NULL';
  return masked.unique ? uniqueValue(masked) : neutralValue(masked);
}
