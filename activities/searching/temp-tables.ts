/** Key sets in temporary tables of the source: nothing of them leaves it, whatever their size. */
import type { Readable } from 'node:stream';
import { to as copyTo } from 'pg-copy-streams';
import type { ColumnTypes } from '../../data-map/column-types.ts';
import { copyQuery } from '../../data-map/copy.ts';
import type { Reading } from '../../data-map/copy.ts';
import type { Route, Scope } from '../../data-map/follow.ts';
import type { CollectionRef } from '../../data-map/model.ts';
import type { Plan, PlannedCollection } from '../../data-map/plan.ts';
import type { Predicate } from '../../data-map/predicates.ts';
import {
  analyze,
  bindValues,
  carryIn,
  carryOut,
  count,
  createTables,
  follow,
  seed,
  setScope,
} from '../../data-map/sql.ts';
import type { Rounds } from '../../data-map/sql.ts';
import type { Statement, Values } from '../../data-map/sql-text.ts';
import type { Carrier, Counts } from './carrier.ts';
import type { Statements } from './statements.ts';
import { asValues } from './statements.ts';

/** To be done before the snapshot: a read-only transaction may fill temporary tables but not create them. */
export async function createKeyTables(statements: Statements, plan: Plan): Promise<void> {
  // Explicit, for a role that only reads may have read-only transactions as its default.
  await statements.command('BEGIN READ WRITE');
  for (const statement of createTables(plan)) await statements.run(statement);
  await statements.command('COMMIT');
}

export const dropKeyTables = (statements: Statements): Promise<void> => statements.command('DISCARD TEMP');

export class TempTables implements Carrier {
  readonly #statements: Statements;
  readonly #plan: Plan;
  readonly #scope: Scope;
  /** Counts the statements that may find rows; each row keeps the round in which it was found. */
  #round = 0;
  readonly #marks = new Map<CollectionRef, number>();
  /** Rows of the key tables, now and when they were last analysed. */
  readonly #sizes = new Map<CollectionRef, { readonly rows: number; readonly analyzed: number }>();

  private constructor(statements: Statements, plan: Plan, scope: Scope) {
    this.#statements = statements;
    this.#plan = plan;
    this.#scope = scope;
  }

  /** In the snapshot. */
  static async open(statements: Statements, plan: Plan, scope: Scope): Promise<TempTables> {
    if (plan.collections.length > 0) await statements.run(setScope(plan, scope.tenantKey));
    return new TempTables(statements, plan, scope);
  }

  /** For key tables that stand beside those of another plan, and are not read. */
  static beside(statements: Statements, plan: Plan, scope: Scope): TempTables {
    return new TempTables(statements, plan, scope);
  }

  /** Rows that are found from now on have a later one. */
  get round(): number {
    return this.#round;
  }

  get types(): ColumnTypes {
    return this.#scope.types;
  }

  async seed(collection: PlannedCollection, predicates: readonly Predicate[]): Promise<void> {
    await this.#find(collection, ({ current, isFirst }) =>
      seed(collection, this.#scope.tenantKey, current, predicates, isFirst),
    );
  }

  mark({ ref }: PlannedCollection): number {
    return this.#marks.get(ref) ?? 0;
  }

  async follow(route: Route, after: number): Promise<number> {
    await this.#analyze([route.from]);
    return this.#find(route.to, (rounds) => follow(route, { ...rounds, after }, this.#scope));
  }

  async *carryOut(route: Route, after: number): AsyncGenerator<readonly Values[]> {
    await this.#analyze([route.from]);
    for await (const page of this.#statements.pages(carryOut(route, after, this.#scope))) yield asValues(page);
  }

  carryIn(route: Route, values: readonly Values[], origin: ColumnTypes): Promise<number> {
    return this.#find(route.to, (rounds) => carryIn(route, values, rounds, this.#scope, origin));
  }

  async counts(): Promise<Counts> {
    if (this.#plan.collections.length === 0) return {};
    // What comes next is that the rows are read.
    await this.#analyze(this.#plan.collections);
    const { rows } = await this.#statements.run(count(this.#plan));
    const found = new Map(rows.map((row) => [Number(row['position']), Number(row['found'])]));
    return Object.fromEntries(this.#plan.collections.map(({ ref, position }) => [ref, found.get(position) ?? 0]));
  }

  read(collection: PlannedCollection, reading: Reading): Readable {
    // The connection runs them in turn; when this one fails the COPY does too, which is what the reader hears of.
    if (reading.bound) this.#statements.run(bindValues(reading.bound)).catch(() => undefined);
    const stream = this.#statements.client.query(copyTo(copyQuery(collection, reading)));
    // Destroyed before its end, it still hears of the connection's.
    stream.on('error', () => undefined);
    return stream;
  }

  async #find(
    { ref }: PlannedCollection,
    statement: (rounds: Required<Omit<Rounds, 'after'>>) => Statement | undefined,
  ): Promise<number> {
    this.#round += 1;
    const finding = statement({ current: this.#round, isFirst: this.#sizeOf(ref).rows === 0 });
    const found = finding ? ((await this.#statements.run(finding)).rowCount ?? 0) : 0;
    if (found > 0) this.#grow(ref, found);
    return found;
  }

  #grow(ref: CollectionRef, found: number): void {
    const { rows, analyzed } = this.#sizeOf(ref);
    this.#marks.set(ref, this.#round);
    this.#sizes.set(ref, { rows: rows + found, analyzed });
  }

  /**
   * PostgreSQL takes a key table that it knows nothing of for one of two thousand rows, to join which it reads the whole of a
   * table that is small beside those. So it is told before a table is joined, and again when there are ten times as many;
   * in between it goes by the table's size on disk.
   */
  async #analyze(collections: readonly PlannedCollection[]): Promise<void> {
    const grown = collections.filter(({ ref }) => this.#hasGrown(ref));
    if (grown.length === 0) return;
    await this.#statements.run(analyze(grown));
    for (const { ref } of grown) {
      const { rows } = this.#sizeOf(ref);
      this.#sizes.set(ref, { rows, analyzed: rows });
    }
  }

  #hasGrown(ref: CollectionRef): boolean {
    const { rows, analyzed } = this.#sizeOf(ref);
    return rows > 0 && rows >= 10 * analyzed;
  }

  #sizeOf(ref: CollectionRef) {
    return this.#sizes.get(ref) ?? { rows: 0, analyzed: 0 };
  }
}
