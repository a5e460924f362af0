/** What refers to rows that are to be deleted, from wherever, and how it can be dealt with. */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { columnOf, isEnd, tableOf } from '../catalogue/model.ts';
import type { Collection } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import { column, quoteName } from '../sql-text.ts';

/** A reference to rows that are to go, and how it can be dealt with. */
export interface Inbound {
  readonly foreignKey: ForeignKey;
  /** The collection that refers, when it is part of the plan. */
  readonly from: PlannedCollection | undefined;
  /** The columns to be emptied in a row that stays; none when it cannot be. */
  readonly emptied: readonly string[];
}

/** Of planned collections; `mapped` is all of the map in the source, for the keys and tenants of what is not planned. */
export function inboundOf(
  catalogue: Catalogue,
  to: PlannedCollection,
  planned: readonly PlannedCollection[],
  mapped: readonly Collection[],
): readonly Inbound[] {
  const own = catalogue.foreignKeys.filter((foreignKey) => isEnd(foreignKey.to, to));
  return own.map((foreignKey) => ({
    foreignKey,
    from: planned.find((each) => isEnd(foreignKey.from, each)),
    emptied: emptiedBy(catalogue, foreignKey, mapped),
  }));
}

/** What goes by a cascade would go unseen, so nothing is emptied for it. A row keeps its key and its workspace. */
function emptiedBy(catalogue: Catalogue, { from, onDelete }: ForeignKey, mapped: readonly Collection[]): string[] {
  if (onDelete === 'cascade') return [];
  const table = tableOf(catalogue, from);
  const owners = mapped.filter((each) => isEnd(from, each));
  const primary = table?.uniqueKeys.find((each) => each.primary)?.columns ?? [];
  const fixed = new Set([...primary, ...owners.flatMap(({ key, tenant }) => [...key, tenant])]);
  return from.columns.filter((name) => columnOf(table, name)?.nullable === true && !fixed.has(name));
}

export function tableOfEnd({ schema, table }: ForeignKey['from']): string {
  return `${quoteName(schema)}.${quoteName(table)}`;
}

/** Whether a row refers to another; one empty column and it refers to nothing (MATCH SIMPLE). */
export function refers({ from, to }: ForeignKey, owner: string, target: string): string {
  return from.columns
    .map((name, index) => `${column(owner, name)} = ${column(target, to.columns[index] ?? name)}`)
    .join(' AND ');
}
