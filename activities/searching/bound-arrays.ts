/**
 * Key sets in this process, bound to statements as arrays: for sources where nothing can be written, not even a temporary
 * table, such as standbys and transaction poolers. Memory grows with the person's rows: some 200 bytes a row found, and for a
 * moment four times as much while the keys of a large collection are put in order (measured with UUIDs); the rows' content
 * passes through, a page at a time.
 */
import { Readable } from 'node:stream';
import { boundCarryIn, boundCarryOut, boundFollow, boundOrder, boundRead, boundSeed } from '../../data-map/arrays.ts';
import type { ColumnTypes } from '../../data-map/column-types.ts';
import type { Reading } from '../../data-map/copy.ts';
import type { Route, Scope } from '../../data-map/follow.ts';
import type { CollectionRef } from '../../data-map/model.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { Predicate } from '../../data-map/predicates.ts';
import type { Statement, Values } from '../../data-map/sql-text.ts';
import type { Carrier, Counts } from './carrier.ts';
import { KeySet } from './key-set.ts';
import type { Statements } from './statements.ts';
import { asValues } from './statements.ts';

export class BoundArrays implements Carrier {
  readonly #statements: Statements;
  readonly #scope: Scope;
  readonly #found: ReadonlyMap<CollectionRef, KeySet>;

  constructor(statements: Statements, plan: Plan, scope: Scope) {
    this.#statements = statements;
    this.#scope = scope;
    this.#found = new Map(plan.collections.map(({ ref, key }) => [ref, new KeySet(key.length)]));
  }

  get types(): ColumnTypes {
    return this.#scope.types;
  }

  async seed(collection: PlannedCollection, predicates: readonly Predicate[]): Promise<void> {
    const statement = boundSeed(collection, predicates, this.#scope.tenantKey);
    if (statement) await this.#find(collection, statement);
  }

  mark(collection: PlannedCollection): number {
    return this.#keys(collection).size;
  }

  async follow(route: Route, after: number): Promise<number> {
    let fresh = 0;
    for (const keys of this.#keys(route.from).batches(after)) {
      fresh += await this.#find(route.to, boundFollow(route, keys, this.#scope));
    }
    return fresh;
  }

  /** A value that rows of two batches share is carried twice; the other end finds its rows once all the same. */
  async *carryOut(route: Route, after: number): AsyncGenerator<readonly Values[]> {
    for (const keys of this.#keys(route.from).batches(after)) {
      for await (const page of this.#statements.pages(boundCarryOut(route, keys, this.#scope))) yield asValues(page);
    }
  }

  carryIn(route: Route, values: readonly Values[], origin: ColumnTypes): Promise<number> {
    return this.#find(route.to, boundCarryIn(route, values, this.#scope, origin));
  }

  async counts(): Promise<Counts> {
    return Object.fromEntries([...this.#found].map(([ref, keys]) => [ref, keys.size]));
  }

  read(collection: PlannedCollection, reading: Reading): Readable {
    return Readable.from(this.#lines(collection, reading), { objectMode: false });
  }

  async *#lines(collection: PlannedCollection, reading: Reading): AsyncGenerator<Buffer> {
    await this.#order(collection);
    for (const keys of this.#keys(collection).batches()) {
      for await (const page of this.#statements.pages(boundRead(collection, reading, keys, this.#scope))) {
        yield Buffer.from(page.map(([line]) => `${line}\n`).join(''));
      }
    }
  }

  /** By the server, for only it knows the collations; once, and all at once, or the batches could not follow each other. */
  async #order(collection: PlannedCollection): Promise<void> {
    const keys = this.#keys(collection);
    if (keys.isOrdered) return;
    const ordered = this.#statements.pages(boundOrder(collection, keys.all(), this.#scope));
    await keys.reorder(ordered);
  }

  async #find(collection: PlannedCollection, statement: Statement): Promise<number> {
    const keys = this.#keys(collection);
    const before = keys.size;
    for await (const page of this.#statements.pages(statement)) for (const key of asValues(page)) keys.add(key);
    return keys.size - before;
  }

  #keys({ ref }: PlannedCollection): KeySet {
    const found = this.#found.get(ref);
    if (found === undefined) throw new TypeError(`The collection ${ref} is not in the plan.`);
    return found;
  }
}
