/** What comes after the records: the objects that they named, the journal, and the end of what was kept in the sources. */
import type { DataMap } from '../../data-map/model.ts';
import type { ErasedMedia } from '../../domain/erasure.ts';
import type { RequestRef } from '../../domain/runs.ts';
import type { Database, Transaction } from '../../platform/database.ts';
import { readJournal, writeJournal } from '../../platform/erasure-journal.ts';
import type { Journal, JournalBlock, JournalPlace } from '../../platform/erasure-journal.ts';
import type { KeyRing } from '../../platform/keys.ts';
import { requireKey } from '../../platform/keys.ts';
import { leafKey } from '../../platform/leaf-key.ts';
import { requireErasure } from '../../platform/records/erasure-review.ts';
import type { Sources } from '../../platform/sources.ts';
import type { ObjectStorage } from '../../platform/storage/storage.ts';
import type { Control } from '../packaging/control.ts';
import { requireConnected } from './connected.ts';
import { failPoint } from './fail-points.ts';
import { clearTargets, leavesOf } from './journal.ts';
import { eraseListedObjects } from './media.ts';

export interface ConcludeDeps {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly map: DataMap;
  readonly sources: Sources;
  readonly storage: ObjectStorage;
}

interface Concluding {
  readonly id: string;
  readonly generation: number;
  readonly leaf_key_id: string | null;
  readonly journal: Journal | null;
  /** In which records may be written down. */
  readonly sources: readonly string[];
  readonly tenantKeys: ReadonlyMap<string, string>;
}

/** An erasure, whatever it is for. */
export interface ErasureOf {
  readonly workspaceId: string;
  readonly erasureId: string;
}

async function newestOf({ db }: ConcludeDeps, ref: RequestRef): Promise<ErasureOf> {
  const { id: erasureId } = await db.withTenant(ref.workspaceId, (trx) => requireErasure(trx, ref));
  return { workspaceId: ref.workspaceId, erasureId };
}

async function readConcluding(trx: Transaction, { workspaceId, erasureId: id }: ErasureOf): Promise<Concluding> {
  const row = await trx('erasures')
    .where({ workspace_id: workspaceId, id })
    .first<Omit<Concluding, 'tenantKeys'>>('id', 'generation', 'leaf_key_id', 'journal', 'sources');
  const sources = await trx('workspace_sources')
    .where({ workspace_id: workspaceId })
    .select<{ source: string; tenant_key: string }[]>('source', 'tenant_key');
  return { ...row, tenantKeys: new Map(sources.map((each) => [each.source, each.tenant_key])) };
}

/**
 * The sources of the map in which Steward may erase, with how each knows the workspace. Throws Unavailable while one of those
 * in which the erasure has begun is not among them.
 */
function erasableSources({ map, sources }: ConcludeDeps, { tenantKeys, sources: begun }: Concluding) {
  requireConnected(sources, { sources: begun });
  const names = [...new Set(map.datasets.map(({ source }) => source))];
  return names.flatMap((source) => {
    const tenantKey = tenantKeys.get(source);
    return tenantKey !== undefined && sources.canErase(source) ? [{ source, tenantKey }] : [];
  });
}

/** Answers how many objects the ledger of media has, versions and derived ones among them. */
export async function eraseMedia(deps: ConcludeDeps, ref: RequestRef, control: Control): Promise<ErasedMedia> {
  return eraseMediaOf(deps, await newestOf(deps, ref), control);
}

/** The same of an erasure by its id. */
export async function eraseMediaOf(deps: ConcludeDeps, ref: ErasureOf, control: Control): Promise<ErasedMedia> {
  const { db, ring, map, sources } = deps;
  const stopBeating = control.beat(() => undefined);
  try {
    const concluding = await db.withTenant(ref.workspaceId, (trx) => readConcluding(trx, ref));
    const { id: erasureId, leaf_key_id: keyId } = concluding;
    if (keyId !== null) {
      const key = leafKey(requireKey(ring, 'tombstone', keyId), ref.workspaceId);
      const erasing = { db, sources, map, workspaceId: ref.workspaceId, erasureId, key, signal: control.signal };
      for (const each of erasableSources(deps, concluding))
        await sources.withEraser(
          each.source,
          (client) => eraseListedObjects(client, { ...erasing, ...each }),
          control.signal,
        );
    }
    return { objects: await db.withTenant(ref.workspaceId, (trx) => countObjects(trx, ref, erasureId)) };
  } finally {
    stopBeating();
  }
}

async function countObjects(trx: Transaction, { workspaceId }: ErasureOf, erasureId: string): Promise<number> {
  const [row] = await trx('media_erasures')
    .where({ workspace_id: workspaceId, erasure_id: erasureId })
    .select<{ objects: string }[]>(trx.raw('coalesce(sum(objects), 0) AS objects'));
  return Number(row?.objects ?? 0);
}

/**
 * The journal as it stands, in its place in the storage, for a proof of what has been erased so far. The targets stay, and
 * with them everything is written into the journal of the next plan. Undefined when nothing was to be erased.
 */
export async function journalSoFar(
  deps: ConcludeDeps,
  ref: RequestRef,
  control: Control,
): Promise<Journal | undefined> {
  const erasure = await newestOf(deps, ref);
  const concluding = await deps.db.withTenant(ref.workspaceId, (trx) => readConcluding(trx, erasure));
  return writeDown(deps, erasure, concluding, control.signal);
}

async function writeDown(
  deps: ConcludeDeps,
  { workspaceId }: ErasureOf,
  concluding: Concluding,
  signal: AbortSignal,
): Promise<Journal | undefined> {
  const { storage, ring } = deps;
  const { id: erasureId, generation, leaf_key_id: keyId } = concluding;
  if (keyId === null) return undefined;
  const place = { storage, ring, workspaceId, erasureId, keyId };
  return writeJournal(place, generation, allBlocks(deps, concluding, place, signal));
}

/** Idempotent. The journal comes first, for nothing brings the keyed hashes back once the targets are gone. */
export async function endErasure(deps: ConcludeDeps, ref: RequestRef, control: Control): Promise<void> {
  await endErasureOf(deps, await newestOf(deps, ref), control);
}

/** The same of an erasure by its id. */
export async function endErasureOf(deps: ConcludeDeps, ref: ErasureOf, control: Control): Promise<void> {
  const { db, sources } = deps;
  const stopBeating = control.beat(() => undefined);
  try {
    const concluding = await db.withTenant(ref.workspaceId, (trx) => readConcluding(trx, ref));
    const { id: erasureId, leaf_key_id: keyId } = concluding;
    if (keyId === null) return;
    const places = erasableSources(deps, concluding);
    failPoint('journal.before_write');
    const journal = await writeDown(deps, ref, concluding, control.signal);
    if (journal === undefined) return;
    failPoint('journal.after_write');
    await db.withTenant(ref.workspaceId, async (trx) => {
      await trx('erasures')
        .where({ workspace_id: ref.workspaceId, id: erasureId })
        .update({ journal: JSON.stringify(journal) });
    });
    failPoint('end.before_clear');
    for (const { source } of places)
      await sources.withEraser(source, (client) => clearTargets(client, source, erasureId), control.signal);
  } finally {
    stopBeating();
  }
}

/** Those of earlier plans first, whose targets are gone from the sources by now. */
async function* allBlocks(
  deps: ConcludeDeps,
  concluding: Concluding,
  place: JournalPlace,
  signal: AbortSignal,
): AsyncGenerator<JournalBlock> {
  const { id, journal, generation } = concluding;
  if (journal !== null && !journal.key.endsWith(`/${generation}`)) yield* readJournal(place, journal.key);
  for (const { source } of erasableSources(deps, concluding)) {
    const { client, giveBack } = await borrow(deps.sources, source, signal);
    let isWhole = false;
    try {
      yield* leavesOf(client, source, id);
      isWhole = true;
    } finally {
      // One that was left in the midst of its reading is of no use to anybody.
      await giveBack(isWhole);
    }
  }
}

/** A connection for as long as a generator runs, which no callback can be wrapped around. */
export async function borrow(sources: Sources, source: string, signal: AbortSignal) {
  const given = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<Parameters<Parameters<Sources['withEraser']>[1]>[0]>();
  const held = sources.withEraser(
    source,
    async (client) => {
      taken.resolve(client);
      await given.promise;
    },
    signal,
  );
  held.catch((error: unknown) => taken.reject(error));
  return {
    client: await taken.promise,
    giveBack: async (isFree: boolean) => {
      if (isFree) given.resolve();
      else given.reject(new Error('The connection was given up.'));
      await held.catch(() => undefined);
    },
  };
}
