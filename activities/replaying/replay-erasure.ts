/**
 * Carries out again, in a source that was restored, an erasure that the source has forgotten: the very rows that were erased,
 * by the keyed hashes of their keys, never others of the person; weighed again, so that a hold that has come since keeps what
 * it covers; by the same batches, behind the same fence and with the same ledger as the first time.
 */
import type { ClientBase } from 'pg';
import { beginFreezing } from '../../data-map/erasing/targets.ts';
import { collectionsOf } from '../../data-map/model.ts';
import { Conflict, FenceRaised } from '../../domain/errors.ts';
import { readJournal } from '../../platform/erasure-journal.ts';
import type { JournalPlace } from '../../platform/erasure-journal.ts';
import { requireKey } from '../../platform/keys.ts';
import { leafKey, leafPads } from '../../platform/leaf-key.ts';
import type { LeafPads } from '../../platform/leaf-key.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import { readErasable } from '../erasing/erasable.ts';
import type { Erasable } from '../erasing/erasable.ts';
import { eraseSource } from '../erasing/erase-batches.ts';
import { freezeSource } from '../erasing/freeze.ts';
import { eraseListedObjects } from '../erasing/media.ts';
import { prepareWeighing } from '../erasing/prepare.ts';
import type { WeighingDeps } from '../erasing/prepare.ts';
import type { WeighedSource } from '../erasing/weighing.ts';
import { dropDone, findErased, isKeyed, keepErased, loadLeaves } from './erased-leaves.ts';
import type { ErasedRow } from './erased-leaves.ts';
import { heldAgain, replayedGroups } from './replayed-groups.ts';
import type { HeldAgain, StoredKeeps } from './replayed-groups.ts';
import type { LostErasure } from './lost-erasures.ts';

export interface ReplayDeps extends WeighingDeps {
  readonly storage: ObjectStorage;
}

export interface Replayed {
  /** Rows that were there again. */
  readonly records: number;
  /** What a hold keeps by now. */
  readonly held: readonly HeldAgain[];
  /** What is there although nothing keeps it. */
  readonly left: readonly { readonly collection: string; readonly rows: number }[];
}

/** A record that changes meanwhile, or a hold that is placed, makes the plan stale; it is made again so often. */
const PLANS = 5;

/** Throws Conflict when the rows do not keep still; Unavailable while the source or the storage is away. */
export async function replayErasure(deps: ReplayDeps, lost: LostErasure, signal: AbortSignal): Promise<Replayed> {
  const replay = new Replay(deps, lost, await readStoredKeeps(deps, lost), signal);
  const before = await replay.find(['delete', 'pseudonymise', 'restrict']);
  for (let plans = 1; ; plans += 1) {
    const held = await replay.freeze(before);
    if (held !== undefined && (await replay.erase())) return replay.conclude(held);
    if (plans === PLANS)
      throw new Conflict(`The erasure ${lost.erasureId} could not be replayed: its rows keep changing.`);
  }
}

async function readStoredKeeps(
  { db }: ReplayDeps,
  { workspaceId, erasureId, source }: LostErasure,
): Promise<StoredKeeps> {
  const rows = await db.withTenant(workspaceId, (trx) =>
    trx('decisions')
      .where({ workspace_id: workspaceId, erasure_id: erasureId, source, decision: 'pseudonymise' })
      .select<{ collection: string; keeps: string[] }[]>('collection', 'keeps'),
  );
  const byCollection = Map.groupBy(rows, ({ collection }) => collection);
  return (collection) => [...new Set((byCollection.get(collection) ?? []).flatMap(({ keeps }) => keeps))];
}

interface Frozen {
  readonly erasable: Erasable;
  readonly epoch: bigint;
  readonly tenantKey: string;
  readonly generation: number;
}

class Replay {
  readonly #deps: ReplayDeps;
  readonly #lost: LostErasure;
  readonly #keepsOf: StoredKeeps;
  readonly #signal: AbortSignal;
  #frozen: Frozen | undefined;

  constructor(deps: ReplayDeps, lost: LostErasure, keepsOf: StoredKeeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#lost = lost;
    this.#keepsOf = keepsOf;
    this.#signal = signal;
  }

  /** Rows that were erased by one of the actions and are there. */
  async find(actions: Parameters<typeof findErased>[4]): Promise<readonly ErasedRow[]> {
    const { source } = this.#lost;
    const tenantKey = await this.#tenantKey();
    const collections = collectionsOf(this.#deps.map).filter((each) => each.source === source && !each.skipped);
    return this.#withEraser(async (client) => {
      await this.#loadLeaves(client);
      const found: ErasedRow[] = [];
      for (const collection of collections.filter(isKeyed))
        found.push(...(await findErased(client, collection, tenantKey, this.#pads, actions)));
      return found;
    });
  }

  /** Writes down what is to be erased again and answers what is held; undefined when a hold was placed meanwhile. */
  async freeze(found: readonly ErasedRow[]): Promise<readonly HeldAgain[] | undefined> {
    const { erasureId, source } = this.#lost;
    const confirmed = found.map((row) => ({ ...row, mention: false }));
    const prepared = await prepareWeighing(this.#deps, this.#lost, erasureId, confirmed);
    try {
      return await prepared.weigh(async (weighed) => {
        const own = weighed.find((each) => each.source === source);
        return own === undefined ? this.#freezeNothing() : this.#freezeWeighed(own);
      }, this.#signal);
    } catch (error) {
      if (error instanceof FenceRaised) return undefined;
      throw error;
    }
  }

  /** The map has nothing of the source any more; that it was replayed is known there all the same. */
  async #freezeNothing(): Promise<readonly HeldAgain[]> {
    const { erasureId } = this.#lost;
    const tenantKey = await this.#tenantKey();
    await this.#withEraser(async (client) => {
      const generation = await this.#nextGeneration(client);
      const { text, values } = beginFreezing({ erasureId, tenantKey, generation, epoch: 0n, pads: this.#pads });
      await client.query(text, [...values]);
    });
    return [];
  }

  async #freezeWeighed(weighed: WeighedSource): Promise<readonly HeldAgain[]> {
    const { client, plan, tenantKey, epoch } = weighed;
    await this.#loadLeaves(client);
    await dropDone(client, this.#lost.erasureId);
    const again = [];
    for (const collection of plan.collections)
      for (const each of await keepErased(client, collection, this.#pads)) again.push({ ...each, collection });
    const held = heldAgain(weighed.groups, again);
    const groups = replayedGroups(weighed.groups, again, held, this.#keepsOf);
    const erasable = await readErasable(client, this.#deps.map, plan);
    const { erasureId } = this.#lost;
    const generation = await this.#nextGeneration(client);
    await freezeSource(client, erasable, { erasureId, generation, tenantKey, epoch, groups, pads: this.#pads });
    this.#frozen = { erasable, epoch, tenantKey, generation };
    return held;
  }

  /** Answers false when it has to be planned again. */
  async erase(): Promise<boolean> {
    const { source, erasureId } = this.#lost;
    const frozen = this.#frozen;
    if (frozen === undefined) return true;
    const erasing = { source, erasureId, pads: this.#pads, signal: this.#signal, ...frozen };
    return (await this.#withEraser((client) => eraseSource(client, erasing))) === 'erased';
  }

  /** Objects that the rows named, then a look whether all of it is gone. */
  async conclude(held: readonly HeldAgain[]): Promise<Replayed> {
    const { db, map, sources } = this.#deps;
    const { workspaceId, erasureId, source } = this.#lost;
    const tenantKey = await this.#tenantKey();
    const key = leafKey(this.#tombstoneKey, workspaceId);
    const erasing = { db, sources, map, workspaceId, erasureId, key, signal: this.#signal, source, tenantKey };
    await this.#withEraser((client) => eraseListedObjects(client, erasing));
    const there = Map.groupBy(await this.find(['delete']), ({ collection }) => collection);
    const left = [...there].flatMap(([collection, rows]) => {
      const kept = held.filter((each) => each.collection === collection && each.action === 'delete');
      const unexplained = rows.length - kept.reduce((sum, each) => sum + each.rows, 0);
      return unexplained > 0 ? [{ collection, rows: unexplained }] : [];
    });
    const erased = await this.#withEraser((client) => countErased(client, erasureId));
    return { records: erased + held.reduce((sum, { rows }) => sum + rows, 0), held, left };
  }

  /** Above all that the source knows of, so that a replay which died half way is frozen anew and goes on. */
  async #nextGeneration(client: ClientBase): Promise<number> {
    const { rows } = await client.query<{ generation: number }>(
      'SELECT generation FROM steward.erasures WHERE erasure_id = $1',
      [this.#lost.erasureId],
    );
    return Math.max(rows[0]?.generation ?? 0, this.#lost.generation - 1) + 1;
  }

  #loadLeaves(client: ClientBase): Promise<void> {
    return loadLeaves(client, this.#lost.source, readJournal(this.#place, this.#lost.journal.key));
  }

  get #place(): JournalPlace {
    const { storage, ring } = this.#deps;
    const { workspaceId, erasureId, leafKeyId: keyId } = this.#lost;
    return { storage, ring, workspaceId, erasureId, keyId };
  }

  get #tombstoneKey() {
    return requireKey(this.#deps.ring, 'tombstone', this.#lost.leafKeyId);
  }

  get #pads(): LeafPads {
    return leafPads(this.#tombstoneKey, this.#lost.workspaceId);
  }

  #withEraser<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    return this.#deps.sources.withEraser(this.#lost.source, work, this.#signal);
  }

  async #tenantKey(): Promise<string> {
    const { workspaceId, source } = this.#lost;
    const row = await this.#deps.db.withTenant(workspaceId, (trx) =>
      trx('workspace_sources')
        .where({ workspace_id: workspaceId, source })
        .first<{ tenant_key: string } | undefined>('tenant_key'),
    );
    if (row === undefined)
      throw new Conflict(`The source ${source} does not know the workspace ${workspaceId} any more.`);
    return row.tenant_key;
  }
}

/** By the ledger, since its targets were cleared away the last time. */
async function countErased(client: ClientBase, erasureId: string): Promise<number> {
  const { rows } = await client.query<{ rows: string }>(
    `SELECT coalesce(sum(l.rows), 0) AS rows FROM steward.erasure_ledger l
      WHERE l.erasure_id = $1 AND l.generation > coalesce((SELECT cleared FROM steward.erasures WHERE erasure_id = $1), 0)`,
    [erasureId],
  );
  return Number(rows[0]?.rows);
}
