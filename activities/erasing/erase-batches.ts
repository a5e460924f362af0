/**
 * Carries out what was frozen in a source, batch by batch, each with its row in the ledger. It goes on behind the last batch
 * of the ledger, whoever wrote that.
 */
import type { ClientBase } from 'pg';
import {
  deleteBatch,
  detach,
  emptyTargets,
  lockBatch,
  reachesOthers,
  targetTable,
  updateBatch,
} from '../../data-map/erasing/batches.ts';
import type { Batch, TargetTable } from '../../data-map/erasing/batches.ts';
import type { Inbound } from '../../data-map/erasing/inbound.ts';
import { assignments, restrictionMark } from '../../data-map/erasing/masks.ts';
import type { Pads } from '../../data-map/erasing/masks.ts';
import type { ErasureStep } from '../../data-map/erasing/order.ts';
import type { PlannedCollection } from '../../data-map/plan.ts';
import type { Statement } from '../../data-map/sql-text.ts';
import { Conflict, FenceRaised } from '../../domain/errors.ts';
import type { Erasable } from './erasable.ts';
import { Pace, inErasingTransaction, isPassing, isReferred } from './erasing-transaction.ts';
import type { Guard } from './erasing-transaction.ts';
import { failPoint } from './fail-points.ts';
import { lockPosition, readChanged, readPending } from './ledger.ts';
import type { PendingBlocks } from './ledger.ts';

export interface Erasing extends Guard {
  readonly erasureId: string;
  readonly generation: number;
  /** Of values that are hashed with a key. */
  readonly pads: Pads;
  readonly erasable: Erasable;
  /** Told of each batch, for heartbeats. */
  readonly progress?: (rows: number) => void;
}

/** Thrown, and answered as stale: something would be reached that is not part of the plan. */
class Stale extends Error {}

/**
 * Answers `stale` when a hold came, or records have changed or appeared since; then what is left is to be planned again.
 * Throws Conflict when another plan was frozen meanwhile, Unavailable while rows stay locked.
 */
export async function eraseSource(client: ClientBase, erasing: Erasing): Promise<'erased' | 'stale'> {
  try {
    await new SourceErasing(client, erasing).carryOut();
  } catch (error) {
    if (error instanceof Stale || error instanceof FenceRaised || isReferred(error)) return 'stale';
    throw error;
  }
  return (await readChanged(client, erasing.erasureId, erasing.generation)) > 0 ? 'stale' : 'erased';
}

class SourceErasing {
  readonly #client: ClientBase;
  readonly #erasing: Erasing;
  readonly #pace = new Pace();

  constructor(client: ClientBase, erasing: Erasing) {
    this.#client = client;
    this.#erasing = erasing;
  }

  async carryOut(): Promise<void> {
    const { erasureId, erasable } = this.#erasing;
    const pending = await readPending(this.#client, erasureId);
    const of = (action: PendingBlocks['action']) => pending.filter((each) => each.action === action);
    const deletions = of('delete');
    // Before the rows that masked ones refer to.
    for (const each of of('pseudonymise')) await this.#mask(each);
    for (const each of of('restrict')) await this.#restrict(each);
    for (const step of erasable.steps) for (const each of blocksOf(deletions, step)) await this.#empty(step, each);
    const together = new Set<string>();
    for (const step of erasable.steps) {
      if (step.together.length > 0) {
        if (!together.has(step.collection.ref)) await this.#deleteTogether(step, deletions);
        for (const ref of step.together) together.add(ref);
      } else for (const each of blocksOf(deletions, step)) await this.#delete(step, each);
    }
  }

  async #mask(pending: PendingBlocks): Promise<void> {
    const collection = this.#collection(pending);
    const { erasable, pads } = this.#erasing;
    const assign = assignments(erasable.masking(collection, pending.keeps), pads);
    const table = targetTable(erasable.catalogue, collection);
    await this.#through(pending, (batch) => this.#write(updateBatch('pseudonymise', table, batch, assign)));
  }

  async #restrict(pending: PendingBlocks): Promise<void> {
    const collection = this.#collection(pending);
    const { catalogue } = this.#erasing.erasable;
    const mark = restrictionMark(catalogue, collection);
    const table = targetTable(catalogue, collection);
    if (mark !== undefined)
      await this.#through(pending, (batch) => this.#write(updateBatch('restrict', table, batch, () => [mark])));
  }

  async #empty({ collection, nullings }: ErasureStep, pending: PendingBlocks): Promise<void> {
    const columns = nullings.flatMap((each) => each.columns);
    if (columns.length === 0) return;
    const table = targetTable(this.#erasing.erasable.catalogue, collection);
    for (let first = pending.first; first <= pending.last; ) {
      const last = Math.min(pending.last, first + this.#pace.blocks - 1);
      const isDone = await this.#attempt(async () => {
        await this.#position(pending);
        await this.#run(emptyTargets(table, columns, { ...this.#range, first, last }));
        return true;
      });
      if (isDone !== undefined) first = last + 1;
    }
  }

  async #delete({ collection }: ErasureStep, pending: PendingBlocks): Promise<void> {
    const { erasable } = this.#erasing;
    const table = targetTable(erasable.catalogue, collection);
    const inbound = erasable.inbound(collection);
    await this.#through(pending, (batch) => this.#deleteBatch(table, inbound, batch));
  }

  /** All of a circle in one transaction, for its constraints hold only once the last of it is gone. */
  async #deleteTogether(step: ErasureStep, deletions: readonly PendingBlocks[]): Promise<void> {
    const { erasable } = this.#erasing;
    const steps = erasable.steps.filter(({ collection }) => step.together.includes(collection.ref));
    const all = steps.flatMap((each) => blocksOf(deletions, each).map((pending) => ({ each, pending })));
    if (all.length === 0) return;
    const inOne = async (): Promise<true> => {
      await this.#client.query('SET CONSTRAINTS ALL DEFERRED');
      await this.#client.query(`SET LOCAL statement_timeout = '10min'`);
      for (const { each, pending } of all) {
        const position = await this.#position(pending);
        const table = targetTable(erasable.catalogue, each.collection);
        const batch = { ...this.#batch(position.sequence + 1), first: pending.first, last: pending.last };
        if (position.lastBlock < pending.last)
          await this.#deleteBatch(table, erasable.inbound(each.collection).filter(outside(step)), batch);
      }
      return true;
    };
    while (!(await this.#attempt(inOne)));
  }

  async #deleteBatch(table: TargetTable, inbound: readonly Inbound[], batch: Batch): Promise<number> {
    const cascades = inbound.filter(({ foreignKey }) => foreignKey.onDelete === 'cascade');
    if (cascades.length > 0) await this.#run(lockBatch(table, batch));
    for (const each of cascades) {
      const { rows } = await this.#run(reachesOthers(each, table, batch));
      if (rows[0]?.['reached'] === true) throw new Stale();
    }
    let detached = 0;
    for (const each of inbound) {
      if (each.emptied.length > 0) detached += (await this.#run(detach(each, table, batch))).rowCount ?? 0;
    }
    return this.#write(deleteBatch(table, { ...batch, detached }));
  }

  /** Batch by batch, each in a transaction of its own. */
  async #through(pending: PendingBlocks, work: (batch: Batch) => Promise<number>): Promise<void> {
    for (let lastBlock = 0; lastBlock < pending.last; ) {
      const reached = await this.#attempt(async () => {
        const position = await this.#position(pending);
        const first = Math.max(position.lastBlock + 1, pending.first);
        const last = Math.min(pending.last, first + this.#pace.blocks - 1);
        if (first <= pending.last) await work({ ...this.#batch(position.sequence + 1), first, last });
        return last;
      });
      if (reached !== undefined) lastBlock = reached;
    }
  }

  /** Undefined when it has to be tried again. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    const begun = performance.now();
    try {
      const result = await inErasingTransaction(this.#client, this.#erasing, async () => {
        failPoint('erase.batch.before_write');
        const done = await work();
        failPoint('erase.batch.before_commit');
        return done;
      });
      failPoint('erase.batch.after_commit');
      this.#pace.took(performance.now() - begun);
      return result;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#erasing.signal.throwIfAborted();
      await this.#pace.failed(this.#erasing);
      return undefined;
    }
  }

  async #position(pending: PendingBlocks) {
    const { erasureId, generation } = this.#erasing;
    const position = await lockPosition(this.#client, erasureId, pending);
    if (position?.generation !== generation) throw new Conflict('Another plan of this erasure was begun meanwhile.');
    return position;
  }

  async #write(statement: Statement): Promise<number> {
    const { rows } = await this.#run(statement);
    const written = Number(rows[0]?.['rows'] ?? 0);
    this.#erasing.progress?.(written);
    return written;
  }

  async #run({ text, values }: Statement) {
    return this.#client.query<Record<string, unknown>>({ text, values: [...values] });
  }

  get #range() {
    return { erasureId: this.#erasing.erasureId, tenantKey: this.#erasing.tenantKey };
  }

  #batch(sequence: number): Omit<Batch, 'first' | 'last'> {
    const { generation, epoch } = this.#erasing;
    return { ...this.#range, generation, epoch, sequence, detached: 0 };
  }

  #collection({ collection: ref }: PendingBlocks): PlannedCollection {
    const found = this.#erasing.erasable.plan.collections.find((each) => each.ref === ref);
    if (found === undefined) throw new Conflict(`The data map has no ${ref} any more, of which rows are to be erased.`);
    return found;
  }
}

const outside =
  ({ together }: ErasureStep) =>
  ({ from }: Inbound): boolean =>
    from === undefined || !together.includes(from.ref);

const blocksOf = (pending: readonly PendingBlocks[], { collection }: ErasureStep): readonly PendingBlocks[] =>
  pending.filter((each) => each.collection === collection.ref);
