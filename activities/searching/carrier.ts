/** What carries the key sets of a search in one source: the same questions and answers, by whatever the source allows. */
import type { Readable } from 'node:stream';
import type { ColumnTypes } from '../../data-map/column-types.ts';
import type { Reading } from '../../data-map/copy.ts';
import type { Route } from '../../data-map/follow.ts';
import type { CollectionRef } from '../../data-map/model.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Predicate } from '../../data-map/predicates.ts';
import type { Values } from '../../data-map/sql-text.ts';

/** Rows found, by collection; every collection of the plan has an entry. */
export type Counts = Readonly<Record<CollectionRef, number>>;

export interface Carrier {
  readonly types: ColumnTypes;
  /** Finds the rows that satisfy one of the predicates. */
  seed(collection: PlannedCollection, predicates: readonly Predicate[]): Promise<void>;
  /** Grows whenever rows of the collection are found; 0 before. */
  mark(collection: PlannedCollection): number;
  /** Follows an edge within the source from the rows found since a mark; answers how many rows are new. */
  follow(route: Route, after: number): Promise<number>;
  /** The distinct values by which rows found since a mark lead to another source, in batches of bounded size. */
  carryOut(route: Route, after: number): AsyncIterable<readonly Values[]>;
  /** Finds the rows that values of another source lead to; answers how many are new. */
  carryIn(route: Route, values: readonly Values[], origin: ColumnTypes): Promise<number>;
  counts(): Promise<Counts>;
  /** The rows found, in the order of the key. */
  read(collection: PlannedCollection, reading: Reading): Readable;
}
