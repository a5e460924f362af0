/** The tables of a draft, each with what was guessed of it, and how rows flow between them. */
import type { Catalogue, CatalogueTable, ForeignKey } from '../catalogue/model.ts';
import { reachable } from '../graph.ts';
import type { Guess, ValueForm } from './guesses.ts';
import { guess, isStaffTable } from './guesses.ts';

/** The forms of sampled values by `schema.table.column`. */
export type Forms = ReadonlyMap<string, ValueForm>;

export interface DraftTable {
  /** `schema.table`. */
  readonly id: string;
  readonly table: CatalogueTable;
  /** Columns that tell rows apart and are never null; empty when there are none. */
  readonly key: readonly string[];
  readonly tenant: string | undefined;
  readonly guesses: ReadonlyMap<string, Guess>;
  readonly staff: boolean;
  /** A search can walk it: it has a key and a tenant column. */
  readonly walkable: boolean;
}

export interface DraftLink {
  readonly foreignKey: ForeignKey;
  readonly from: DraftTable;
  readonly to: DraftTable;
  /** Without the pair of the tenant columns. */
  readonly pairs: readonly { readonly from: string; readonly to: string }[];
  /** Rows flow from the row referred to, or to it; undefined: neither, for the reason given. */
  readonly direction: 'from' | 'to' | undefined;
  readonly reason: string | undefined;
}

export function draftTables({ tables }: Catalogue, tenant: string | undefined, forms: Forms): readonly DraftTable[] {
  return tables.filter(({ kind }) => kind !== 'view').map((table) => draftTable(table, tenant, forms));
}

function draftTable(table: CatalogueTable, tenantColumn: string | undefined, forms: Forms): DraftTable {
  const id = `${table.schema}.${table.name}`;
  const key = keyOf(table);
  const guesses = guessesOf(table, (column) => forms.get(`${id}.${column}`));
  const tenant = table.columns.some(({ name }) => name === tenantColumn) ? tenantColumn : undefined;
  const walkable = key.length > 0 && tenant !== undefined;
  return { id, table, key, tenant, guesses, staff: isStaffTable(table.name), walkable };
}

function guessesOf({ columns }: CatalogueTable, formOf: (column: string) => ValueForm | undefined) {
  const guesses = new Map<string, Guess>();
  for (const column of columns) {
    const found = guess(column, formOf(column.name));
    if (found) guesses.set(column.name, found);
  }
  // A bare `name` is a person's where a person is found, and a thing's elsewhere.
  const ofPeople = [...guesses.values()].some(({ identity }) => identity !== undefined);
  if (ofPeople && columns.some(({ name }) => name === 'name')) guesses.set('name', { category: 'user.name' });
  return guesses;
}

/** The primary key, or another unique one without nulls. */
function keyOf({ uniqueKeys, columns }: CatalogueTable): readonly string[] {
  const nullable = new Set(columns.filter((column) => column.nullable).map(({ name }) => name));
  const whole = uniqueKeys.filter((key) => key.columns.every((column) => !nullable.has(column)));
  return (whole.find(({ primary }) => primary) ?? whole[0])?.columns ?? [];
}

export function draftLinks({ foreignKeys }: Catalogue, tables: readonly DraftTable[]): readonly DraftLink[] {
  const at = ({ schema, table }: ForeignKey['from']) => tables.find(({ id }) => id === `${schema}.${table}`);
  const taken = new Set<string>();
  const links = foreignKeys.flatMap((foreignKey): readonly DraftLink[] => {
    const [from, to] = [at(foreignKey.from), at(foreignKey.to)];
    if (from === undefined || to === undefined) return [];
    const pairs = pairsOf(foreignKey, from.tenant);
    if (pairs.length === 0) return [];
    const reason = reasonAgainst(from, to, pairs.length > 1 && taken.has(`${from.id} ${to.id}`));
    taken.add(`${from.id} ${to.id}`);
    return [{ foreignKey, from, to, pairs, direction: reason === undefined ? 'from' : undefined, reason }];
  });
  return withOwnRecords(links, tables);
}

function pairsOf({ from, to }: ForeignKey, tenant: string | undefined): DraftLink['pairs'] {
  return from.columns
    .map((column, index) => ({ from: column, to: to.columns[index] ?? '' }))
    .filter((pair) => pair.from !== tenant);
}

function reasonAgainst(from: DraftTable, to: DraftTable, second: boolean): string | undefined {
  if (from === to) return 'leads to other rows of the same table, perhaps other people';
  if (to.staff) return 'a member of staff, not the person';
  return second ? 'the composite key is referred to twice, and one reference can be followed' : undefined;
}

/**
 * Rows flow from a person to what refers to them. What a person's row refers to may be the person's as well, such as an
 * address: where it looks personal and nothing else leads to it, rows flow to it.
 */
function withOwnRecords(links: readonly DraftLink[], tables: readonly DraftTable[]): readonly DraftLink[] {
  const people = tables.filter(({ guesses }) => [...guesses.values()].some(({ identity }) => identity !== undefined));
  const arrows = links
    .filter(({ direction }) => direction === 'from')
    .map(({ from, to }) => ({ from: to.id, to: from.id }));
  const reached = reachable(
    people.map(({ id }) => id),
    arrows,
  );
  return links.map((link) => {
    const owned = link.direction === 'from' && reached.has(link.from.id) && !reached.has(link.to.id);
    return owned && link.to.guesses.size > 0 ? { ...link, direction: 'to' } : link;
  });
}
