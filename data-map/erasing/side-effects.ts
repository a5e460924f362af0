/**
 * What would happen by itself if rows of a plan were deleted, and is neither part of the plan nor acknowledged by the map:
 * triggers, rules, and foreign keys that delete or empty rows of other tables (design rule 3).
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { isEnd, tableOf } from '../catalogue/model.ts';
import type { Collection } from '../model.ts';

/** Each names the trigger, rule or constraint and says what to do. */
export function sideEffectRefusals(
  catalogue: Catalogue,
  collections: readonly Collection[],
  mapped: readonly Collection[],
): readonly string[] {
  return [
    ...collections.flatMap((collection) => actionRefusals(catalogue, collection)),
    ...catalogue.foreignKeys
      .filter(({ onDelete }) => onDelete !== 'no action' && onDelete !== 'restrict')
      .flatMap((foreignKey) => cascadeRefusals(foreignKey, collections, mapped)),
  ];
}

function actionRefusals(catalogue: Catalogue, collection: Collection): readonly string[] {
  const table = tableOf(catalogue, collection);
  if (table === undefined) return [`${collection.ref}: the source has no table ${nameOf(collection)}; mend the map.`];
  if (table.kind === 'view' || table.kind === 'materialized view') {
    return [`${collection.ref}: it is a ${table.kind}, whose rows cannot be deleted; map the tables beneath it.`];
  }
  return [...table.triggers, ...table.rules]
    .filter((name) => !Object.hasOwn(collection.acknowledged, name))
    .map(
      (name) =>
        `${collection.ref}: ${name} acts when its rows are deleted, and the map does not say that this is right; see what it does and acknowledge it there.`,
    );
}

/** A row that is part of the plan goes by the plan; whether all those that are reached do is checked before each batch. */
function cascadeRefusals(
  { name, from, to, onDelete }: ForeignKey,
  collections: readonly Collection[],
  mapped: readonly Collection[],
): readonly string[] {
  const isPlanned = (end: ForeignKey['from']) => collections.some((each) => isEnd(end, each));
  if (!isPlanned(to) || isPlanned(from)) return [];
  const ends = mapped.filter((each) => isEnd(to, each) || isEnd(from, each));
  if (ends.some(({ acknowledged }) => Object.hasOwn(acknowledged, name))) return [];
  const does = onDelete === 'cascade' ? 'deletes rows' : `changes ${from.columns.join(', ')} of rows`;
  return [
    `${to.schema}.${to.table}: deleting its rows ${does} of ${from.schema}.${from.table} by ${name} (${onDelete}), which no search reaches; map that table, or acknowledge ${name} in the map.`,
  ];
}

const nameOf = ({ schema, table }: Collection): string => `${schema}.${table}`;
