/**
 * Whether a row that refers to one of the person's is under a hold, whoever's it is: then its reference must not be emptied,
 * and what it refers to must not go (design rule 3).
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { columnOf, isEnd, tableOf } from '../catalogue/model.ts';
import type { PlacedCollection } from '../column-types.ts';
import { keyColumn, onKey } from '../follow.ts';
import type { DataMap } from '../model.ts';
import { collectionsOf } from '../model.ts';
import type { PlannedCollection } from '../plan.ts';
import { keyTable } from '../sql.ts';
import type { Binds, Statement } from '../sql-text.ts';
import { column, tableName } from '../sql-text.ts';
import { refers } from './inbound.ts';
import { isHeld } from './held-rows.ts';
import { holdsOver } from './possible-grounds.ts';
import type { SoughtHold } from './possible-grounds.ts';
import type { WeighingScope } from './row-grounds.ts';

/** A condition over the alias of a row that refers. */
export type HeldReferrers = (alias: string, binds: Binds) => string;

/** Beyond the positions of every plan and of what rules look through: types of columns are known by collection and position. */
const FIRST_POSITION = 2_000_000;

/** All that the map has of a source, for their types; none where there is no hold. */
export function holdableCollections(
  map: Pick<DataMap, 'datasets'>,
  source: string,
  holds: readonly SoughtHold[],
): readonly PlacedCollection[] {
  if (holds.length === 0) return [];
  const mapped = collectionsOf(map).filter((each) => each.source === source);
  // What lies in no workspace is held by what it refers to, so nobody asks for its workspace.
  return mapped.map((each, index) => ({ ...each, tenant: each.tenant ?? '', position: FIRST_POSITION + index }));
}

/** Undefined when no hold can cover a row that refers. */
export function heldReferrers(
  { from }: ForeignKey,
  holdable: readonly PlacedCollection[],
  holds: readonly SoughtHold[],
  { types, zone }: Pick<WeighingScope, 'types' | 'zone'>,
): HeldReferrers | undefined {
  const owners = holdable.filter((each) => isEnd(from, each));
  // What the map does not know has no class and arose at no known time, and no search finds anybody in it.
  if (owners.length === 0) return holds.some(isOnEverything) ? () => 'true' : undefined;
  const demands = owners.flatMap((owner) => holdsOver(owner, holds).map((demand) => ({ owner, demand })));
  if (demands.length === 0) return undefined;
  return (alias, binds) => {
    const settings = `(SELECT ${binds.add(zone)}::text AS zone) s`;
    const held = demands.map(({ owner, demand }) => {
      const keys = owner.key.map((name, index) => `${column(alias, name)} AS ${keyColumn(index)}`);
      const row = `(SELECT ${alias}.*) t CROSS JOIN (SELECT ${keys.join(', ')}) k CROSS JOIN ${settings}`;
      return `EXISTS (SELECT FROM ${row} WHERE ${isHeld(owner, demand, types, 's.zone', binds)})`;
    });
    return `(${held.join(' OR ')})`;
  };
}

function isOnEverything({ hold: { scope } }: SoughtHold): boolean {
  return scope.subject === undefined && scope.records === undefined && scope.classes === undefined;
}

/** Whether a row that one search found refers to one that another did, as far as it can be seen: one row of `near`. */
export function lookForReferrers(
  catalogue: Catalogue,
  foreignKey: ForeignKey,
  from: PlannedCollection,
  to: PlannedCollection,
): Statement {
  const found = isReadable(catalogue, foreignKey)
    ? `${keyTable(from)} h JOIN ${tableName(from)} c ON ${onKey(from, 'c', 'h')}
         JOIN ${tableName(to)} t ON ${refers(foreignKey, 'c', 't')} JOIN ${keyTable(to)} k ON ${onKey(to, 't', 'k')}`
    : `${keyTable(from)} h CROSS JOIN ${keyTable(to)} k`;
  const purpose = `comparing what refers to ${to.ref} by ${foreignKey.name} with holds`;
  return { purpose, text: `SELECT EXISTS (SELECT FROM ${found}) AS near`, values: [] };
}

/** Whether our role can see what rows refer to. */
export function isReadable(catalogue: Catalogue, { from }: ForeignKey): boolean {
  const table = tableOf(catalogue, from);
  return from.columns.every((name) => columnOf(table, name)?.selectable === true);
}
