/**
 * Which collections of a source belong to a workspace, and by what their rows are told from other workspaces' rows.
 *
 * A collection with a tenant column belongs by it, whether or not it holds personal data. One without belongs by its
 * references, in two ways. Its rows refer to rows that belong (line items to their invoice): they are the workspace's
 * own, and what refers to them in turn is so too. Or rows that belong refer to its rows (an order to its price list): those
 * are handed over, but they may be shared with others, so nothing is followed from them back to what refers to them.
 */
import type { Collection, CollectionRef, DataMap, Edge, FieldRef } from './model.ts';
import { collectionsOf } from './model.ts';

/** One step from a collection to another: the rows of both that agree in every pair. */
export interface Step {
  readonly to: { readonly schema: string; readonly table: string };
  readonly on: readonly { readonly here: FieldRef; readonly there: FieldRef }[];
}

/** From a collection, step by step, to one with a tenant column. */
export interface Tie {
  readonly steps: readonly Step[];
  readonly tenant: string;
}

export interface OwnedCollection {
  readonly collection: Collection;
  /** A row belongs when any of them leads to the workspace. */
  readonly ties: readonly Tie[];
}

export interface WorkspacePlan {
  readonly source: string;
  readonly collections: readonly OwnedCollection[];
  readonly leftOut: readonly { readonly collection: CollectionRef; readonly reason: string }[];
}

const NO_TIE = 'it has no tenant column, and no reference ties its rows to those of one workspace';

export function planWorkspace(map: DataMap, source: string): WorkspacePlan {
  const collections = collectionsOf(map).filter((each) => each.source === source);
  const ties = new Map<CollectionRef, readonly Tie[]>(
    collections.flatMap(({ ref, tenant }) => (tenant === undefined ? [] : [[ref, [{ steps: [], tenant }]] as const])),
  );
  const references = map.edges.flatMap((edge) => referencesOf(edge, collections));
  spread(collections, ties, (each) => references.filter(({ child }) => child === each).map(toParent));
  spread(collections, ties, (each) => references.filter(({ parent }) => parent === each).map(toChild));
  return {
    source,
    collections: collections.flatMap((collection) => {
      const own = ties.get(collection.ref);
      return own ? [{ collection, ties: own }] : [];
    }),
    leftOut: collections.filter(({ ref }) => !ties.has(ref)).map(({ ref }) => ({ collection: ref, reason: NO_TIE })),
  };
}

/** Rows of the child name the one row of the parent by its whole primary key. */
interface Reference {
  readonly child: Collection;
  readonly parent: Collection;
  readonly on: readonly { readonly child: FieldRef; readonly parent: FieldRef }[];
}

interface Lead {
  readonly to: Collection;
  readonly on: Step['on'];
}

const toParent = ({ parent, on }: Reference): Lead => ({
  to: parent,
  on: on.map((pair) => ({ here: pair.child, there: pair.parent })),
});

const toChild = ({ child, on }: Reference): Lead => ({
  to: child,
  on: on.map((pair) => ({ here: pair.parent, there: pair.child })),
});

/** An edge of the map is a reference in whichever direction it is declared; a key must be named whole to name one row. */
function referencesOf({ from, to, on }: Edge, collections: readonly Collection[]): readonly Reference[] {
  const [a, b] = [from, to].map((ref) => collections.find((each) => each.ref === ref));
  if (a === undefined || b === undefined || a === b) return [];
  const forward = { child: a, parent: b, on: on.map((pair) => ({ child: pair.from, parent: pair.to })) };
  const backward = { child: b, parent: a, on: on.map((pair) => ({ child: pair.to, parent: pair.from })) };
  return [forward, backward].filter(namesWholeKey);
}

function namesWholeKey({ parent: { key }, on }: Reference): boolean {
  const named = new Set(on.filter(({ parent }) => parent.path.length === 0).map(({ parent }) => parent.column));
  return key.length > 0 && key.every((column) => named.has(column));
}

/** Round by round, so that ties only lead to collections that were reached before, never in a circle. */
function spread(
  collections: readonly Collection[],
  ties: Map<CollectionRef, readonly Tie[]>,
  leadsOf: (collection: Collection) => readonly Lead[],
): void {
  for (;;) {
    const found = collections.flatMap((collection): (readonly [CollectionRef, readonly Tie[]])[] => {
      if (ties.has(collection.ref)) return [];
      const own = leadsOf(collection).flatMap((lead) => (ties.get(lead.to.ref) ?? []).map((tie) => extend(lead, tie)));
      return own.length === 0 ? [] : [[collection.ref, withoutRepeats(own)]];
    });
    if (found.length === 0) return;
    for (const [ref, own] of found) ties.set(ref, own);
  }
}

function extend({ to: { schema, table }, on }: Lead, { steps, tenant }: Tie): Tie {
  return { steps: [{ to: { schema, table }, on }, ...steps], tenant };
}

/** A reference may be declared at both of its ends. */
function withoutRepeats(ties: readonly Tie[]): readonly Tie[] {
  return [...new Map(ties.map((tie) => [JSON.stringify(tie), tie])).values()];
}
