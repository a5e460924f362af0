/**
 * What other records make of a record that nothing keeps by itself. A foreign key that cannot be emptied binds the row that
 * it refers to: to one of the person's rows that is kept, for as long as that is; or to a row that is not the person's. So
 * does one that could be emptied, in a row under a hold, for nothing in it may change.
 */
import type { Catalogue, ForeignKey } from '../catalogue/model.ts';
import { isEnd } from '../catalogue/model.ts';
import { emptiableColumns } from './order.ts';
import { keyColumn, onKey } from '../follow.ts';
import type { Plan, PlannedCollection } from '../plan.ts';
import type { Statement } from '../sql-text.ts';
import { Binds, column, tableName } from '../sql-text.ts';
import type { Kind } from './combinations.ts';
import { isReadable } from './held-referrers.ts';
import type { HeldReferrers } from './held-referrers.ts';
import { refers, tableOfEnd } from './inbound.ts';
import { STATE, keyColumns, rowTable } from './row-grounds.ts';
import type { WeighedCollection } from './row-grounds.ts';

/** A foreign key to a collection of the plan. */
export interface Bond {
  readonly foreignKey: ForeignKey;
  readonly to: WeighedCollection;
  /** Undefined when none of the rows that refer was found. */
  readonly from: WeighedCollection | undefined;
  /** Its columns that can be emptied in a row that stays; with any, the row refers to nothing. */
  readonly emptied: readonly string[];
  /**
   * Whether a row that is not the person's binds only while a hold covers it: its reference can be emptied, or the map
   * acknowledges what becomes of it when the one that it refers to goes.
   */
  readonly yields: boolean;
  /** Whether our role can see what rows refer to. */
  readonly readable: boolean;
}

/** To collections in which something was found. */
export function bondsOf(
  catalogue: Catalogue,
  found: readonly WeighedCollection[],
  planned: readonly PlannedCollection[],
): readonly Bond[] {
  return catalogue.foreignKeys.flatMap((foreignKey): readonly Bond[] => {
    const to = found.find(({ collection }) => isEnd(foreignKey.to, collection));
    const from = found.find(({ collection }) => isEnd(foreignKey.from, collection));
    const owner = planned.find((collection) => isEnd(foreignKey.from, collection));
    if (to === undefined) return [];
    const emptied = emptiableColumns(catalogue, foreignKey, owner);
    const readable = isReadable(catalogue, foreignKey);
    const isLeft = emptied.length > 0 || (owner === undefined && isAcknowledged(foreignKey, to));
    return [{ foreignKey, to, from, emptied, readable, yields: isLeft || !readable }];
  });
}

function isAcknowledged({ name, onDelete }: ForeignKey, { collection }: WeighedCollection): boolean {
  return onDelete !== 'no action' && onDelete !== 'restrict' && Object.hasOwn(collection.acknowledged, name);
}

/** Whether every reference by which rows of a collection are found refers to them, and none is their own. */
export function isShared(plan: Pick<Plan, 'stages'>, { ref, key, identities }: PlannedCollection): boolean {
  const into = plan.stages.flatMap(({ once, repeat }) => [...once, ...repeat]).filter(({ to }) => to === ref);
  const isOwn = into.some(({ on }) => on.some(({ to }) => to.path.length > 0 || !key.includes(to.column)));
  return identities.length === 0 && into.length > 0 && !isOwn;
}

/** The columns of a collection that hold records together: its key, its workspace, and references that cannot be emptied. */
export function structureOf(catalogue: Catalogue, collection: PlannedCollection): readonly string[] {
  const own = catalogue.foreignKeys.filter(({ from }) => isEnd(from, collection));
  const bound = own.filter((each) => emptiableColumns(catalogue, each, collection).length === 0);
  const columns = bound.flatMap(({ from }) => from.columns);
  return [...new Set([...collection.key, collection.tenant, ...columns])].toSorted();
}

/** The kinds of each collection as they stand now. */
export type KindsOf = (weighed: WeighedCollection) => readonly Kind[];

/**
 * Marks rows that are to go and that rows of nobody's plan refer to; undefined when no such reference binds. `held` is about
 * the rows that refer, and undefined when no hold can cover one.
 */
export function bindToOthers(
  bond: Bond,
  kinds: KindsOf,
  tenantKey: string,
  held: HeldReferrers | undefined,
): Statement | undefined {
  const { foreignKey, to, yields } = bond;
  const free = statesOf(kinds(to), ({ decision }) => decision.decision === 'erase');
  if ((yields && held === undefined) || free.length === 0) return undefined;
  const mark = referenceIndex(to, 'others_record');
  const binds = new Binds();
  const text = [
    `UPDATE ${rowTable(to.collection)} r SET ${marked(mark, `'infinity'`)}`,
    `FROM ${tableName(to.collection)} t WHERE ${onKey(to.collection, 't', 'r')} AND ${ofWorkspace(to, tenantKey, binds)}`,
    `  AND r.states = ANY (${binds.add(free)}::text[])`,
    `  AND ${isReferredTo(bond, yields ? held : undefined, binds)}`,
  ].join('\n');
  return {
    purpose: `looking at what refers to ${to.collection.ref} by ${foreignKey.name}`,
    text,
    values: binds.values,
  };
}

/** Where it cannot be seen who refers, every row may be referred to by one that is held. */
function isReferredTo({ foreignKey, from, readable }: Bond, held: HeldReferrers | undefined, binds: Binds): string {
  if (!readable) return 'true';
  const conditions = [
    refers(foreignKey, 'c', 't'),
    ...(from
      ? [`NOT EXISTS (SELECT FROM ${rowTable(from.collection)} x WHERE ${onKey(from.collection, 'c', 'x')})`]
      : []),
    ...(held ? [held('c', binds)] : []),
  ];
  return `EXISTS (SELECT FROM ${tableOfEnd(foreignKey.from)} c WHERE ${conditions.join(' AND ')})`;
}

/**
 * Marks rows that nothing else keeps and that rows refer to which stay, for as long as those do. To be repeated, for what is
 * kept refers to others; each repetition moves ends later or ends it.
 */
export function bindToKept(bond: Bond, kinds: KindsOf, tenantKey: string): readonly Statement[] {
  const { to, from, emptied, readable } = bond;
  if (from === undefined || !readable) return [];
  const staying = kinds(from).filter((kind) => staysBound(kind, emptied));
  const loose = statesOf(kinds(to), isLoose);
  if (loose.length === 0) return [];
  const isOthers = ({ grounds }: Kind): boolean =>
    grounds.some((ground) => ground.kind === 'reference' && ground.because !== 'kept_record');
  const isWhole =
    from.collection.recordClass !== undefined && from.collection.recordClass === to.collection.recordClass;
  return [
    ...bind(bond, staying.filter(isOthers), referenceIndex(to, 'others_record'), loose, tenantKey),
    ...bind(
      bond,
      staying.filter((kind) => !isOthers(kind)),
      referenceIndex(to, 'kept_record', isWhole),
      loose,
      tenantKey,
    ),
  ];
}

function bind(
  { foreignKey, to, from }: Bond,
  staying: readonly Kind[],
  mark: number,
  loose: readonly string[],
  tenantKey: string,
): readonly Statement[] {
  if (staying.length === 0 || from === undefined) return [];
  const binds = new Binds();
  const keys = to.collection.key.map((name, index) => `${column('t', name)} AS ${keyColumn(index)}`);
  const text = [
    `UPDATE ${rowTable(to.collection)} r SET ${marked(mark, 'n.ends')} FROM (`,
    `  SELECT ${keys.join(', ')}, max(x.ends) AS ends FROM ${rowTable(from.collection)} x`,
    `  JOIN ${tableName(from.collection)} c ON ${onKey(from.collection, 'c', 'x')}`,
    `  JOIN ${tableName(to.collection)} t ON ${refers(foreignKey, 'c', 't')} AND ${ofWorkspace(to, tenantKey, binds)}`,
    `  WHERE x.states = ANY (${binds.add(staying.map(({ states }) => states))}::text[])`,
    `  GROUP BY ${to.collection.key.map((_, index) => index + 1).join(', ')}) n`,
    `WHERE ${keyColumns(to.collection)
      .map((name) => `r.${name} = n.${name}`)
      .join(' AND ')}`,
    `  AND r.states = ANY (${binds.add(loose)}::text[]) AND (r.u${mark} IS NULL OR r.u${mark} < n.ends)`,
  ].join('\n');
  return [
    {
      purpose: `binding ${to.collection.ref} to ${from.collection.ref} by ${foreignKey.name}`,
      text,
      values: binds.values,
    },
  ];
}

/** Nothing keeps them but, perhaps, records that refer to them. What only mentions the person goes by no reference. */
function isLoose({ decision }: Kind): boolean {
  return decision.grounds.every(
    ({ ground, weight }) => weight !== 'keeps' || (ground.kind === 'reference' && ground.because !== 'mention'),
  );
}

/** Of a reduced row, a reference that can be emptied is, unless it is among what must stay. */
function staysBound({ decision }: Kind, emptied: readonly string[]): boolean {
  if (decision.decision === 'erase') return false;
  return decision.decision === 'retain' || emptied.every((name) => decision.keeps.includes(name));
}

function marked(index: number, ends: string): string {
  const state = `CASE WHEN ${ends}::timestamptz = 'infinity' THEN '${STATE.open}' ELSE '${STATE.keeps}' END`;
  return `states = overlay(r.states PLACING ${state} FROM ${index + 1} FOR 1), u${index} = ${ends}, ends = greatest(r.ends, ${ends})`;
}

function referenceIndex(
  { grounds }: WeighedCollection,
  because: 'kept_record' | 'others_record',
  isWhole = false,
): number {
  return grounds.findIndex(
    ({ ground, demand }) =>
      demand.kind === 'reference' &&
      ground.kind === 'reference' &&
      ground.because === because &&
      (because === 'others_record' || (ground.keeps === undefined) === isWhole),
  );
}

const statesOf = (kinds: readonly Kind[], wanted: (kind: Kind) => boolean): readonly string[] =>
  kinds.filter(wanted).map(({ states }) => states);

function ofWorkspace({ collection }: WeighedCollection, tenantKey: string, binds: Binds): string {
  return `${column('t', collection.tenant)} = ${binds.add(tenantKey)}`;
}
